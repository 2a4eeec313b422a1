import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { verifyLedger } from "../../../src/protocol/ledger/audit.ts";
import { type LedgerHead, readHead } from "../../../src/protocol/ledger/head.ts";
import { closeDay } from "../../../src/relay/consent/heads.ts";
import worker from "../../../src/relay/index.ts";
import { SigningDevice } from "../edge/signing-device.ts";
import { exportLedger, grantedAt } from "./chains.ts";

const db = env.RECORDS;
const DAY = 86_400_000;
const YEAR = 365 * DAY;
const ledger = { records: db, jurisdiction: "" };

/** The daily run, as the platform would start it at `at`. */
async function run(at: number): Promise<void> {
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(at) }), env);
}

/** Receipts and chains of consents that are over, to be deleted from `purgeAfter` on. */
async function keep(name: string, count: number, purgeAfter: number): Promise<void> {
  const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";
  const last =
    "MAX(IFNULL((SELECT MAX(place) FROM consent_event), 0), IFNULL((SELECT MAX(events) FROM ledger_head), 0))";
  const event = (position: number, kind: string) =>
    db
      .prepare(
        `INSERT INTO consent_event (place, consent_id, position, kind, occurred_at, previous_hash, hash, purge_after)
         ${rows} SELECT ${last} + i, ?1 || i, ${position}, ?4, 0, ${position === 0 ? "NULL" : "?1 || i || '/0'"}, ?1 || i || '/${position}', ?3 FROM n`,
      )
      .bind(name, count, purgeAfter, kind);
  await db.batch([
    db
      .prepare(`INSERT INTO consent_receipt ${rows} SELECT ?1 || i, 'receipt', ?3 FROM n`)
      .bind(name, count, purgeAfter),
    event(0, "granted"),
    event(1, "withdrawn"),
  ]);
}

async function kept(name: string): Promise<number[]> {
  const counts = ["consent_receipt", "consent_event"].map(async (table) => {
    const count = `SELECT COUNT(*) AS n FROM ${table} WHERE consent_id LIKE ? || '%'`;
    return (await db.prepare(count).bind(name).first<{ n: number }>())?.n ?? -1;
  });
  return Promise.all(counts);
}

async function heads(): Promise<LedgerHead[]> {
  const { results } = await db.prepare("SELECT day, events, hash FROM ledger_head ORDER BY day").all<{
    day: number;
    events: number;
    hash: string;
  }>();
  return results.flatMap(({ day, events, hash }) => {
    const head = readHead({ day: new Date(day * DAY).toISOString().slice(0, 10), events, hash });
    return head === undefined ? [] : [head];
  });
}

const tombstones = async () =>
  (await db.prepare("SELECT place FROM ledger_purged ORDER BY place").all<{ place: number }>()).results.map(
    ({ place }) => place,
  );

describe("a purge", () => {
  it("leaves a ledger that still shows it whole, first by hashes and then by the heads alone", async () => {
    const now = Date.now();
    const began = now - 4 * YEAR;
    const early = await grantedAt(began);
    const staying = await grantedAt(began);
    await early.end(began + DAY);
    await closeDay(env, ledger, began + DAY);
    const late = await grantedAt(began + 2 * DAY);
    await late.end(began + 2 * DAY);
    await closeDay(env, ledger, began + 3 * DAY);
    await closeDay(env, ledger, now);
    const before = await exportLedger(db);
    expect(before).toHaveLength(5);
    expect(verifyLedger(before, await heads()).findings).toEqual([]);

    await run(now);
    const after = await exportLedger(db);
    // `staying` is in force: of its day, hashes are left. Of the other day nothing is, and its head says enough.
    expect(after).toHaveLength(3);
    expect(await tombstones()).toEqual([1, 3]);
    expect(verifyLedger(after, await heads())).toMatchObject({ findings: [], events: 1, purged: 2 });
    expect(after.join()).not.toContain(early.consentId);
    expect(after.join()).toContain(staying.consentId);

    // New events go on behind what was purged, and nobody can purge by hand what is young.
    await grantedAt(now);
    await closeDay(env, ledger, now + DAY);
    const next = await exportLedger(db);
    expect(verifyLedger(next, await heads())).toMatchObject({ findings: [], events: 2, purged: 2 });
    const young = next.map((line) =>
      line.startsWith('{"place":6') ? line.replace(/"consentId".*"hash"/, '"hash"') : line,
    );
    expect(verifyLedger(young, await heads()).findings.map(({ kind }) => kind)).toEqual(["purged-early"]);
    for (const cut of [0, 1, 2])
      expect(verifyLedger(after.toSpliced(cut, 1), await heads()).findings).not.toEqual([]);
  });
});

describe("the daily run", () => {
  it("deletes receipts and chains whose time is over, and no others, and says how many", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    const now = Date.now() + 2 * DAY;
    await keep("over-", 3, Date.now() - 1);
    await keep("kept-", 2, now + DAY);
    await run(now);
    expect([await kept("over-"), await kept("kept-")]).toEqual([
      [0, 0],
      [2, 4],
    ]);
    expect(log.mock.lastCall?.join(" ")).toMatch(
      /purged: 3 receipts, 6 events, \d+ budgets \(all that was due\)/,
    );
    log.mockRestore();
  });

  it("deletes as much as is due, in as many steps as it takes", async () => {
    await keep("many-", 2500, Date.now() - 1);
    await run(Date.now() + 3 * DAY);
    expect(await kept("many-")).toEqual([0, 0]);
  });

  it("leaves the events of a consent in force, however old", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    await db
      .prepare(
        `INSERT INTO consent_event (place, consent_id, position, kind, occurred_at, previous_hash, hash, purge_after)
         SELECT (SELECT MAX(place) + 1 FROM consent_event), consent_id, 1, 'renewed', 0, hash, 'old', 0
         FROM consent_event WHERE consent_id = ?`,
      )
      .bind(consentId)
      .run();
    await run(Date.now() + 4 * DAY);
    expect(await kept(consentId)).toEqual([0, 2]);
  });

  it("does not go by a clock that is ahead of the database's", async () => {
    await keep("early-", 1, Date.now() + DAY);
    await run(Date.now() + 5 * DAY);
    expect(await kept("early-")).toEqual([1, 2]);
  });

  it("leaves a chain of which an event is young, as a clock that ran back makes it", async () => {
    await keep("back-", 1, Date.now() - 1);
    await db.batch([
      db.prepare("DROP TRIGGER consent_event_is_never_changed"),
      db
        .prepare("UPDATE consent_event SET purge_after = ? WHERE consent_id = 'back-1' AND position = 0")
        .bind(Date.now() + DAY),
    ]);
    await keep("beside-", 1, Date.now() - 1);
    await run(Date.now() + 6 * DAY);
    expect([await kept("back-"), await kept("beside-")]).toEqual([
      [0, 2],
      [0, 0],
    ]);
  });

  it("twice is harmless", async () => {
    await keep("twice-", 1, Date.now() - 1);
    await Promise.all([run(Date.now() + 7 * DAY), run(Date.now() + 7 * DAY)]);
    expect(await kept("twice-")).toEqual([0, 0]);
  });
});
