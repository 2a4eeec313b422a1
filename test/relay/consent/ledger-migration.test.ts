import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { verifyLedger } from "../../../src/protocol/ledger/audit.ts";
import type { EventKind } from "../../../src/protocol/ledger/event.ts";
import { followingEvent } from "../../../src/relay/consent/event.ts";
import { exportLedger } from "./chains.ts";

const db = env.RECORDS;
const random = (size: number) => encodeBase64url(crypto.getRandomValues(new Uint8Array(size)));

/** The SQL of one migration, a statement each. */
function queries(name: string): string[] {
  const found = env.MIGRATIONS.find((migration) => migration.name.startsWith(name));
  if (found === undefined) throw new Error(name);
  return found.queries;
}

async function run(statements: readonly string[]): Promise<void> {
  for (const sql of statements) await db.prepare(sql).run();
}

async function happened(
  events: readonly (readonly [id: string, kind: EventKind, at: number])[],
): Promise<void> {
  const newest = new Map<string, ReturnType<typeof followingEvent>>();
  for (const [consentId, kind, occurredAt] of events) {
    const named = kind === "granted" || kind === "renewed";
    const hashes = { noticeHash: named ? random(32) : null, statementHash: named ? random(32) : null };
    const event = followingEvent(newest.get(consentId), { consentId, kind, occurredAt, ...hashes });
    newest.set(consentId, event);
    await db
      .prepare(
        `INSERT INTO consent_event (consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash,
           hash, purge_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .bind(
        ...[consentId, event.position, kind, occurredAt, event.noticeHash, event.statementHash],
        ...[event.previousHash, event.hash, occurredAt + 1],
      )
      .run();
  }
}

const COLUMNS =
  "consent_id, position, kind, occurred_at, notice_hash, statement_hash, previous_hash, hash, purge_after";
const rows = async () =>
  (await db.prepare(`SELECT ${COLUMNS} FROM consent_event ORDER BY consent_id, position`).all()).results;

describe("the ledger, made again with places", () => {
  it("keeps what was in it, in the order in which it happened, and guards it", async () => {
    // As it was before: the tables of 0001, made again by 0003.
    await run(["DROP TABLE consent_event", "DROP TABLE ledger_purged", "DROP TABLE ledger_head"]);
    await run(queries("0001").filter((sql) => /consent_event/.test(sql)));
    const directory = queries("0003");
    await run(directory.slice(directory.findIndex((sql) => sql.includes("DROP TRIGGER consent_event"))));
    const [a, b, c] = [random(16), random(16), random(16)];
    await happened([
      [a, "granted", 10],
      [b, "granted", 20],
      [a, "renewed", 30],
      // The clock ran back: places still follow the chain.
      [b, "superseded", 15],
      [b, "withdrawn", 40],
      [c, "granted", 40],
    ]);
    const before = await rows();

    await run(queries("0004"));
    expect(await rows()).toEqual(before);
    const { results } = await db
      .prepare("SELECT consent_id AS id, kind FROM consent_event ORDER BY place")
      .all<{ id: string; kind: string }>();
    expect(results.map(({ id, kind }) => [id, kind]).slice(0, 4)).toEqual([
      [a, "granted"],
      [b, "granted"],
      [b, "superseded"],
      [a, "renewed"],
    ]);
    expect(verifyLedger(await exportLedger(db), [])).toMatchObject({ findings: [], events: 6, consents: 3 });
    await expect(db.prepare("UPDATE consent_event SET occurred_at = 0").run()).rejects.toThrow("append-only");
    await expect(db.prepare("DELETE FROM consent_event").run()).rejects.toThrow("until a head covers it");
    const triggers = await db
      .prepare(
        "SELECT COUNT(*) AS n FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'consent_event'",
      )
      .first<{ n: number }>();
    expect(triggers?.n).toBe(7);
  });
});
