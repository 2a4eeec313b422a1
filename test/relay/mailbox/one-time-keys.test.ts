import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keyId, type OneTimeKey } from "../../../src/protocol/one-time-key.ts";
import { oneTimeKey, openMailbox, rows } from "./stage.ts";

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
