import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import worker from "../../../src/relay/index.ts";
import { SigningDevice } from "../edge/signing-device.ts";

const db = env.RECORDS;
const DAY = 86_400_000;

/** The daily run, as the platform would start it at `at`. */
async function run(at: number): Promise<void> {
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(at) }), env);
}

/** Receipts and single events of consents that are over, to be deleted from `purgeAfter` on. */
async function keep(name: string, count: number, purgeAfter: number): Promise<void> {
  const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";
  await db.batch([
    db
      .prepare(`INSERT INTO consent_receipt ${rows} SELECT ?1 || i, 'receipt', ?3 FROM n`)
      .bind(name, count, purgeAfter),
    db
      .prepare(
        `INSERT INTO consent_event (consent_id, position, kind, occurred_at, hash, purge_after)
         ${rows} SELECT ?1 || i, 0, 'withdrawn', 0, ?1 || i, ?3 FROM n`,
      )
      .bind(name, count, purgeAfter),
  ]);
}

async function kept(name: string): Promise<number[]> {
  const counts = ["consent_receipt", "consent_event"].map(async (table) => {
    const count = `SELECT COUNT(*) AS n FROM ${table} WHERE consent_id LIKE ? || '%'`;
    return (await db.prepare(count).bind(name).first<{ n: number }>())?.n ?? -1;
  });
  return Promise.all(counts);
}

describe("the daily run", () => {
  it("deletes receipts and events whose time is over, and no others", async () => {
    const now = Date.now();
    await keep("over-", 3, now - 1);
    await keep("kept-", 2, now + DAY);
    await run(now);
    expect([await kept("over-"), await kept("kept-")]).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });

  it("deletes as much as is due, in as many steps as it takes", async () => {
    await keep("many-", 2500, Date.now() - 1);
    await run(Date.now());
    expect(await kept("many-")).toEqual([0, 0]);
  });

  it("leaves the events of a consent in force, however old", async () => {
    const device = new SigningDevice();
    const { consentId } = await device.optIn();
    await db
      .prepare(
        `INSERT INTO consent_event (consent_id, position, kind, occurred_at, previous_hash, hash, purge_after)
         SELECT consent_id, 1, 'renewed', 0, hash, 'old', 0 FROM consent_event WHERE consent_id = ?`,
      )
      .bind(consentId)
      .run();
    await run(Date.now());
    expect(await kept(consentId)).toEqual([0, 2]);
  });

  it("does not go by a clock that is ahead of the database's", async () => {
    await keep("early-", 1, Date.now() + DAY);
    await run(Date.now() + 2 * DAY);
    expect(await kept("early-")).toEqual([1, 1]);
  });

  it("twice is harmless", async () => {
    await keep("twice-", 1, Date.now() - 1);
    await Promise.all([run(Date.now()), run(Date.now())]);
    expect(await kept("twice-")).toEqual([0, 0]);
  });
});
