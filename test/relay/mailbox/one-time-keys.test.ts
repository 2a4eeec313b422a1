import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY, MAX_CLAIMS_A_DAY } from "../../../src/protocol/limits.ts";
import { keyId, type OneTimeKey } from "../../../src/protocol/one-time-key.ts";
import { oneTimeKey, openMailbox, rows } from "./stage.ts";
import { rowsWritten } from "./statements.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function withKeys(...keys: OneTimeKey[]) {
  const stage = await openMailbox();
  expect(await stage.stub.replaceOneTimeKeys(stage.nonce(), keys)).toEqual({
    outcome: "replaced",
    unclaimed: [],
  });
  return stage;
}

describe("one-time keys", () => {
  it("are served once each, as they were published", async () => {
    const soon = Date.now() + 60_000;
    const keys = [oneTimeKey(soon), oneTimeKey(soon)];
    const { stub, epoch } = await withKeys(...keys);
    const claimed = [await stub.claimOneTimeKey(epoch), await stub.claimOneTimeKey(epoch)];
    for (const key of keys) expect(claimed).toContainEqual({ outcome: "claimed", key });
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "no-one-time-key" });
    expect(await rows(stub, "one_time_key")).toEqual([]);
  });

  it("give way to the last-resort key only when none is left, and that one stays", async () => {
    const soon = Date.now() + 60_000;
    const [once, last] = [oneTimeKey(soon), oneTimeKey(soon, true)];
    const { stub, epoch } = await withKeys(last, once);
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1, lastResortKey: true });
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "claimed", key: once });
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "claimed", key: last });
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "claimed", key: last });
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 0, lastResortKey: true });
  });

  it("are not served from their end on, and the alarm erases them", async () => {
    const { stub, epoch } = await withKeys(
      oneTimeKey(Date.now() + 60_000),
      oneTimeKey(Date.now() + 60_000, true),
    );
    await evictDurableObject(stub);
    vi.advanceTimersByTime(60_000);
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "no-one-time-key" });
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 0, lastResortKey: false });
    expect(await rows(stub, "one_time_key")).toHaveLength(2);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "one_time_key")).toEqual([]);
  });

  it("are replaced as a pool, once under each nonce", async () => {
    const soon = Date.now() + 60_000;
    const { stub, epoch } = await withKeys(oneTimeKey(soon), oneTimeKey(soon));
    const fresh = oneTimeKey(soon);
    expect(await stub.replaceOneTimeKeys(9, [fresh, fresh])).toMatchObject({ outcome: "replaced" });
    expect(await stub.replaceOneTimeKeys(9, [oneTimeKey(soon)])).toEqual({ outcome: "nonce-used" });
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1, nonce: 9 });
    expect(await stub.claimOneTimeKey(epoch)).toEqual({ outcome: "claimed", key: fresh });
    expect(await stub.replaceOneTimeKeys(10, [])).toEqual({ outcome: "replaced", unclaimed: [] });
  });

  it("that nobody claimed are named when they are replaced, and no other", async () => {
    const soon = Date.now() + 60_000;
    const [claimed, unclaimed, again] = [oneTimeKey(soon), oneTimeKey(soon), oneTimeKey(soon)];
    const { stub, epoch } = await withKeys(claimed);
    expect(await stub.claimOneTimeKey(epoch)).toMatchObject({ key: claimed });
    expect(await stub.replaceOneTimeKeys(8, [unclaimed, again, oneTimeKey(soon, true)])).toEqual({
      outcome: "replaced",
      unclaimed: [],
    });
    expect(await stub.replaceOneTimeKeys(9, [again])).toEqual({
      outcome: "replaced",
      unclaimed: [keyId(unclaimed.publicKey)],
    });
  });
});

describe("claims of one-time keys", () => {
  const MIDNIGHT = Date.UTC(2030, 5, 2);
  const NOON = MIDNIGHT - DAY / 2;
  const limit = MAX_CLAIMS_A_DAY;

  beforeEach(() => {
    vi.setSystemTime(NOON);
  });

  /** A mailbox whose pool is nearly used up, and of whose claims of the day `left` are. */
  async function withClaimsLeft(left: number) {
    const lasting = NOON + 10 * DAY;
    const stage = await withKeys(oneTimeKey(lasting), oneTimeKey(lasting, true));
    for (let i = 0; i < limit - left; i++)
      expect(await stage.stub.claimOneTimeKey(stage.epoch)).toMatchObject({ outcome: "claimed" });
    return stage;
  }
  const claimsOf = async ({ stub }: Awaited<ReturnType<typeof withKeys>>) => {
    const status = await stub.status();
    return status.outcome === "status" ? status.claims : status.outcome;
  };

  it("end for the day with the last that may be, last-resort ones included, and the owner is told", async () => {
    const stage = await withClaimsLeft(1);
    expect(await claimsOf(stage)).toEqual({ today: limit - 1, limit, reachedAt: null });
    vi.advanceTimersByTime(1000);
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toMatchObject({ outcome: "claimed" });
    vi.advanceTimersByTime(1000);
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toEqual({ outcome: "claim-limit" });
    expect(await claimsOf(stage)).toEqual({ today: limit, limit, reachedAt: NOON + 1000 });
  });

  it("go on at midnight UTC; that the limit was reached is told until the next one", async () => {
    const stage = await withClaimsLeft(0);
    vi.setSystemTime(MIDNIGHT - 1);
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toEqual({ outcome: "claim-limit" });
    vi.setSystemTime(MIDNIGHT);
    expect(await claimsOf(stage)).toEqual({ today: 0, limit, reachedAt: NOON });
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toMatchObject({ outcome: "claimed" });
    vi.setSystemTime(MIDNIGHT + DAY - 1);
    expect(await claimsOf(stage)).toEqual({ today: 1, limit, reachedAt: NOON });
    vi.setSystemTime(MIDNIGHT + DAY);
    expect(await claimsOf(stage)).toEqual({ today: 0, limit, reachedAt: null });
  });

  it("are not begun anew by a clock that is set back over midnight", async () => {
    vi.setSystemTime(MIDNIGHT);
    const stage = await withClaimsLeft(0);
    vi.setSystemTime(MIDNIGHT - 1);
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toEqual({ outcome: "claim-limit" });
  });

  it("stay counted when the object sleeps, and when pool or token are replaced", async () => {
    const stage = await withClaimsLeft(0);
    const { stub, nonce } = stage;
    await evictDurableObject(stub);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(NOON + DAY)]);
    const rotated = await stub.rotateDeliveryToken(nonce());
    if (rotated.outcome !== "rotated") throw new Error(rotated.outcome);
    expect(await stub.claimOneTimeKey(rotated.epoch)).toEqual({ outcome: "claim-limit" });
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1 });
  });

  it("that get no key are not counted", async () => {
    const stage = await withKeys();
    expect(await stage.stub.claimOneTimeKey(stage.epoch)).toEqual({ outcome: "no-one-time-key" });
    expect(await stage.stub.claimOneTimeKey(new Uint8Array(16))).toEqual({ outcome: "not-authorized" });
    expect(await claimsOf(stage)).toEqual({ today: 0, limit, reachedAt: null });
  });

  it("write one row to be counted, beside the key that goes, and none when they are refused", async () => {
    const { stub, epoch } = await withClaimsLeft(limit);
    const claim = () => stub.claimOneTimeKey(epoch);
    expect(await rowsWritten(stub, claim), "of a one-time key").toBe(2);
    expect(await rowsWritten(stub, claim), "of a last-resort key").toBe(1);
    for (let i = 2; i < limit; i++) await claim();
    expect(await rowsWritten(stub, claim), "beyond the limit").toBe(0);
  });

  it("are in what is held", async () => {
    const { stub } = await withClaimsLeft(0);
    const held = await stub.held();
    if (held.outcome !== "held") throw new Error(held.outcome);
    expect(held.tables.find(({ table }) => table === "mailbox")?.rows).toMatchObject([
      { claim_day: Math.floor(NOON / DAY), claims: limit, claim_limit_reached_at: NOON },
    ]);
  });
});
