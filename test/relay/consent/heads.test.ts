import { env } from "cloudflare:workers";
import { createLocalJWKSet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import type { LedgerHeadsAnswer } from "../../../src/protocol/answers.ts";
import { verifyLedger } from "../../../src/protocol/ledger/audit.ts";
import { LEDGER_HEAD_TYPE, readHead } from "../../../src/protocol/ledger/head.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { closeDay } from "../../../src/relay/consent/heads.ts";
import { receiptKeySet } from "../../../src/relay/receipts/key-set.ts";
import { fetchRelay, ORIGIN, refusal } from "../edge/signing-device.ts";
import { exportLedger, grantedAt } from "./chains.ts";

const DAY = 86_400_000;
const db = env.RECORDS;
const ledger = { records: db, jurisdiction: "" };
const first = Date.UTC(2026, 10, 1, 3, 17);

const heads = (query = "") => fetchRelay(new Request(ORIGIN + ROUTES.ledgerHeads + query));

async function verified(query = "") {
  const answer: LedgerHeadsAnswer = await (await heads(query)).json();
  const keys = createLocalJWKSet(receiptKeySet(env));
  const claims = await Promise.all(
    answer.heads.map((jws) => jwtVerify(jws, keys, { typ: LEDGER_HEAD_TYPE, algorithms: ["EdDSA"] })),
  );
  return claims.map(({ payload }) => payload);
}

describe("the heads of the ledger", () => {
  it("are signed once a day, go on from the last, and cover every event there was", async () => {
    expect(await verified()).toEqual([]);
    expect(await closeDay(env, ledger, first)).toBe(0);
    const one = await grantedAt(first);
    await grantedAt(first);
    expect(await closeDay(env, ledger, first + 1000)).toBe(0);
    expect(await closeDay(env, ledger, first + DAY)).toBe(2);
    await one.end(first + DAY);
    expect(await Promise.all([1, 2, 3].map(() => closeDay(env, ledger, first + 2 * DAY)))).toContain(1);
    expect(await closeDay(env, ledger, first + 3 * DAY)).toBe(0);

    const claims = await verified();
    expect(claims.map(({ day, events }) => [day, events])).toEqual([
      ["2026-11-01", 0],
      ["2026-11-02", 2],
      ["2026-11-03", 3],
      ["2026-11-04", 3],
    ]);
    expect(claims[0]).toMatchObject({ hash: "", controller: env.CONTROLLER, jurisdiction: "" });
    expect(claims[2]?.hash).toBe(claims[3]?.hash);
    const read = claims.flatMap((head) => readHead(head) ?? []);
    expect(verifyLedger(await exportLedger(db), read)).toMatchObject({
      findings: [],
      events: 3,
      uncovered: 0,
    });
    expect(JSON.stringify(claims)).not.toContain(one.consentId);
  });

  it("are anybody's to read from a day on, and to cache", async () => {
    expect((await verified("?since=2026-11-03")).map(({ day }) => day)).toEqual(["2026-11-03", "2026-11-04"]);
    expect(await verified("?since=2027-01-01")).toEqual([]);
    expect((await heads()).headers.get("cache-control")).toContain("public");
    for (const since of ["", "yesterday", "2026-13-01", "2026-11-3", "20261103"])
      expect(await refusal(heads(`?since=${since}`)), since).toEqual([400, "malformed-request"]);
  });

  it("are never changed, deleted, or signed for a day that is over", async () => {
    const change = (sql: string) => db.prepare(sql).run();
    await expect(change("UPDATE ledger_head SET events = 0")).rejects.toThrow("append-only");
    await expect(change("DELETE FROM ledger_head")).rejects.toThrow("append-only");
    for (const row of ["20758, 3, 'h', 'j'", "1, 3, 'h', 'j'", "30000, 1, 'h', 'j'"])
      await expect(change(`INSERT OR REPLACE INTO ledger_head VALUES (${row})`)).rejects.toThrow("not after");
    expect(await closeDay(env, ledger, first)).toBe(0);
    expect(await verified()).toHaveLength(4);
  });
});
