import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { followingEvent } from "../../../src/relay/consent/event.ts";
import { closeDay } from "../../../src/relay/consent/heads.ts";
import { appendEvent, endConsent, newestEvent } from "../../../src/relay/consent/ledger.ts";
import type { ConsentRecord } from "../../../src/relay/consent/record.ts";
import { consentOf, lastReceipt, writeGrant, writeRenewal } from "../../../src/relay/consent/records.ts";

const DAY = 86_400_000;
const random = (size: number) => encodeBase64url(crypto.getRandomValues(new Uint8Array(size)));
const db = env.RECORDS;

function newRecord(changes: Partial<ConsentRecord> = {}): ConsentRecord {
  return {
    address: random(32),
    consentId: random(16),
    controller: "Somebody",
    noticeVersion: 1,
    noticeHash: random(32),
    purposes: ["messaging"],
    jurisdiction: "",
    method: "test",
    grantedAt: Date.now(),
    statement: random(100),
    signature: random(64),
    statementHash: random(32),
    receipt: `receipt ${random(8)}`,
    ...changes,
  };
}

async function eventFor(record: ConsentRecord, kind: "granted" | "renewed") {
  const { consentId, grantedAt, noticeHash, statementHash } = record;
  const happening = { consentId, kind, occurredAt: grantedAt, noticeHash, statementHash };
  return followingEvent(await newestEvent(db, consentId), happening);
}

async function granted(changes: Partial<ConsentRecord> = {}): Promise<ConsentRecord> {
  const record = newRecord(changes);
  await writeGrant(db, record, await eventFor(record, "granted"));
  return record;
}

const eventsOf = async (consentId: string) =>
  (
    await db
      .prepare("SELECT * FROM consent_event WHERE consent_id = ? ORDER BY position")
      .bind(consentId)
      .all<Record<string, string | number | null>>()
  ).results;

describe("the ledger", () => {
  it("chains a consent's events by hash, from the first to its end", async () => {
    const record = await granted();
    const renewed = newRecord({ address: record.address, consentId: record.consentId });
    await writeRenewal(db, renewed, await eventFor(renewed, "renewed"));
    await endConsent(db, { consentId: record.consentId, receipt: () => "r", at: Date.now() });
    const events = await eventsOf(record.consentId);
    expect(events.map((event) => event.kind)).toEqual(["granted", "renewed", "withdrawn"]);
    expect(events.map((event) => event.previous_hash)).toEqual([null, events[0]?.hash, events[1]?.hash]);
    for (const [i, event] of events.entries()) {
      const before = events[i - 1];
      const head = before && { position: i - 1, hash: String(before.hash) };
      const again = followingEvent(head, {
        consentId: record.consentId,
        kind: event.kind as "granted",
        occurredAt: Number(event.occurred_at),
        noticeHash: event.notice_hash as string | null,
        statementHash: event.statement_hash as string | null,
      });
      expect(again.hash).toBe(event.hash);
    }
  });

  it("names nobody: no event has the address in any column", async () => {
    const record = await granted();
    expect(JSON.stringify(await eventsOf(record.consentId))).not.toContain(record.address);
  });

  it("refuses to be changed", async () => {
    const { consentId } = await granted();
    const before = await eventsOf(consentId);
    for (const set of ["kind = 'withdrawn'", "purge_after = 0", "hash = 'x'", "occurred_at = 0"]) {
      const update = db.prepare(`UPDATE consent_event SET ${set} WHERE consent_id = ?`).bind(consentId);
      await expect(update.run()).rejects.toThrow("append-only");
    }
    expect(await eventsOf(consentId)).toEqual(before);
  });

  it("refuses to lose an event before its time, while the consent is in force, and before a head covers it", async () => {
    const fresh = await granted();
    const remove = (id: string) =>
      db.prepare("DELETE FROM consent_event WHERE consent_id = ?").bind(id).run();
    await expect(remove(fresh.consentId)).rejects.toThrow("kept until purge_after");
    await endConsent(db, { consentId: fresh.consentId, receipt: () => "r", at: Date.now() });
    await expect(remove(fresh.consentId)).rejects.toThrow("kept until purge_after");

    const long = await granted({ grantedAt: Date.now() - 4 * 365 * DAY });
    await expect(remove(long.consentId)).rejects.toThrow("while the consent is in force");
    await db.prepare("DELETE FROM consent WHERE consent_id = ?").bind(long.consentId).run();
    await expect(remove(long.consentId)).rejects.toThrow("until a head covers it");
    await closeDay(env, { records: db, jurisdiction: "" }, Date.now());
    await remove(long.consentId);
    expect(await eventsOf(long.consentId)).toEqual([]);
  });

  it("refuses to lose a part of a chain", async () => {
    const old = await granted({ grantedAt: Date.now() - 4 * 365 * DAY });
    await endConsent(db, { consentId: old.consentId, receipt: () => "r", at: Date.now() });
    await closeDay(env, { records: db, jurisdiction: "" }, Date.now() + DAY);
    const first = db.prepare("DELETE FROM consent_event WHERE consent_id = ? AND position = 0");
    await expect(first.bind(old.consentId).run()).rejects.toThrow("kept until purge_after");
  });

  it("gives every event the next place among all, without gaps, also when many come at once", async () => {
    const before =
      (await db.prepare("SELECT MAX(place) AS n FROM consent_event").first<{ n: number }>())?.n ?? 0;
    const records = await Promise.all(Array.from({ length: 8 }, () => granted()));
    const places = await Promise.all(
      records.map(async ({ consentId }) => (await eventsOf(consentId))[0]?.place),
    );
    expect(places.toSorted((a, b) => Number(a) - Number(b))).toEqual(records.map((_, i) => before + 1 + i));
  });

  it("refuses any other place", async () => {
    await granted();
    for (const place of ["(SELECT MAX(place) + 2 FROM consent_event)", "1", "NULL"])
      await expect(
        db
          .prepare(
            `INSERT INTO consent_event (place, consent_id, position, kind, occurred_at, hash, purge_after)
               VALUES (${place}, ?, 0, 'granted', 0, ?, 0)`,
          )
          .bind(random(16), random(32))
          .run(),
      ).rejects.toThrow("not the next place");
  });

  it("refuses anything after a consent's end, and a chain that does not begin with a grant", async () => {
    const { consentId } = await granted();
    await endConsent(db, { consentId, receipt: () => "r", at: Date.now(), kind: "lapsed" });
    const happening = { kind: "withdrawn", occurredAt: 1, noticeHash: null, statementHash: null } as const;
    const after = followingEvent(await newestEvent(db, consentId), { consentId, ...happening });
    await expect(appendEvent(db, after).run()).rejects.toThrow("has ended");
    const first = followingEvent(undefined, { consentId: random(16), ...happening });
    await expect(appendEvent(db, first).run()).rejects.toThrow("CHECK");
  });

  it("refuses INSERT OR REPLACE over each of its unique columns", async () => {
    const record = await granted();
    const event = await eventFor(record, "granted");
    const before = await eventsOf(record.consentId);
    const columns =
      "place, consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash, hash, purge_after";
    const replace = (...values: (string | number | null)[]) =>
      db
        .prepare(
          `INSERT OR REPLACE INTO consent_event (${columns}) VALUES ((SELECT 1 + MAX(place) FROM consent_event), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .bind(...values)
        .run();
    const head = String(before[0]?.hash);
    const taken = [
      replace(record.consentId, 0, "granted", 1, null, null, null, random(32), 0),
      replace(random(16), 0, "granted", 1, null, record.statementHash, null, random(32), 0),
      replace(random(16), 0, "granted", 1, null, null, null, head, 0),
    ];
    for (const attempt of taken) await expect(attempt).rejects.toThrow("key in use");
    await expect(appendEvent(db, { ...event, position: 0 }).run()).rejects.toThrow();
    expect(await eventsOf(record.consentId)).toEqual(before);
  });

  it("refuses a gap, a fork and a wrong predecessor", async () => {
    const record = await granted();
    const next = followingEvent(await newestEvent(db, record.consentId), {
      consentId: record.consentId,
      kind: "withdrawn",
      occurredAt: 1,
      noticeHash: null,
      statementHash: null,
    });
    for (const bad of [
      { ...next, position: 2 },
      { ...next, previousHash: null },
      { ...next, previousHash: random(32) },
    ])
      await expect(appendEvent(db, bad).run()).rejects.toThrow("previous_hash");
    expect(await eventsOf(record.consentId)).toHaveLength(1);
  });

  it("takes a statement once, also for another device and after the consent's end", async () => {
    const record = await granted();
    await expect(granted({ statementHash: record.statementHash })).rejects.toThrow("key in use");
    await endConsent(db, { consentId: record.consentId, receipt: () => "r", at: Date.now() });
    await expect(granted({ statementHash: record.statementHash })).rejects.toThrow("key in use");
  });
});

describe("a grant in D1", () => {
  it("reads back as it was written", async () => {
    const record = await granted({ purposes: ["messaging", "number", "wake-up"] });
    expect(await consentOf(db, record.address)).toEqual(record);
  });

  it("is written whole or not at all", async () => {
    const record = await granted();
    const second = newRecord({ address: record.address });
    await expect(writeGrant(db, second, await eventFor(second, "granted"))).rejects.toThrow();
    expect(await eventsOf(second.consentId)).toEqual([]);
    const odd = newRecord({ purposes: ["messaging", "anything" as Purpose] });
    await expect(writeGrant(db, odd, await eventFor(odd, "granted"))).rejects.toThrow();
    expect(await consentOf(db, odd.address)).toBeUndefined();
    expect(await eventsOf(odd.consentId)).toEqual([]);
  });

  it("is renewed under the same consent id, its purposes replaced", async () => {
    const record = await granted({ purposes: ["messaging", "number"] });
    const { address, consentId } = record;
    const renewed = newRecord({ address, consentId, purposes: ["messaging", "receipts"] });
    await writeRenewal(db, renewed, await eventFor(renewed, "renewed"));
    expect(await consentOf(db, address)).toEqual(renewed);
  });

  it("cannot be renewed once it has ended", async () => {
    const record = await granted();
    const { address, consentId } = record;
    const renewed = newRecord({ address, consentId });
    const event = await eventFor(renewed, "renewed");
    await endConsent(db, { consentId, receipt: () => "r", at: Date.now() });
    await expect(writeRenewal(db, renewed, event)).rejects.toThrow("has ended");
    expect(await consentOf(db, address)).toBeUndefined();
  });
});

describe("the end of a consent", () => {
  it("erases record and purposes and keeps the receipt", async () => {
    const { consentId, address, receipt } = await granted({ purposes: ["messaging", "number"] });
    expect(await lastReceipt(db, consentId, Date.now())).toBe(receipt);
    await endConsent(db, { consentId, receipt: () => "erasure", at: Date.now() });
    expect(await consentOf(db, address)).toBeUndefined();
    const left = await db.prepare("SELECT * FROM consent_purpose WHERE consent_id = ?").bind(consentId).all();
    expect(left.results).toEqual([]);
    expect(await lastReceipt(db, consentId, Date.now())).toBe("erasure");
    expect(await lastReceipt(db, consentId, Date.now() + 31 * DAY)).toBeUndefined();
  });

  it("happens once, however often and at once it is asked for", async () => {
    const { consentId } = await granted();
    const ends = ["a", "b", "c"].map((receipt) =>
      endConsent(db, { consentId, receipt: () => receipt, at: Date.now() }),
    );
    const kept = new Set(await Promise.all(ends));
    expect(kept.size).toBe(1);
    expect(kept.has(await endConsent(db, { consentId, receipt: () => "late", at: Date.now() }))).toBe(true);
    expect((await eventsOf(consentId)).map((event) => event.kind)).toEqual(["granted", "withdrawn"]);
  });

  it("that is asked for again after its receipt, or all of it, was purged, is one end still", async () => {
    const { consentId } = await granted();
    await endConsent(db, { consentId, receipt: () => "first", at: Date.now() });
    await db.prepare("DELETE FROM consent_receipt WHERE consent_id = ?").bind(consentId).run();
    expect(await endConsent(db, { consentId, receipt: () => "second", at: Date.now() })).toBe("second");
    expect((await eventsOf(consentId)).map((event) => event.kind)).toEqual(["granted", "withdrawn"]);
    const unknown = random(16);
    expect(await endConsent(db, { consentId: unknown, receipt: () => "late", at: Date.now() })).toBe("late");
    expect(await eventsOf(unknown)).toEqual([]);
  });

  it("is named by its receipt, by the hash of its own event, whoever was faster", async () => {
    const { consentId } = await granted();
    const ends = ["a", "b", "c"].map((name) =>
      endConsent(db, { consentId, receipt: (head) => `${name} ${head}`, at: Date.now() }),
    );
    const kept = new Set(await Promise.all(ends));
    const head = (await eventsOf(consentId)).at(-1)?.hash;
    expect([...kept].map((receipt) => receipt.split(" ")[1])).toEqual([head]);
    await db.prepare("DELETE FROM consent_receipt WHERE consent_id = ?").bind(consentId).run();
    expect(await endConsent(db, { consentId, receipt: (again) => `${again}`, at: 1 })).toBe(head);
  });

  it("leaves other consents alone", async () => {
    const [one, other] = [await granted(), await granted()];
    await endConsent(db, { consentId: one.consentId, receipt: () => "r", at: Date.now() });
    expect(await consentOf(db, other.address)).toEqual(other);
  });
});
