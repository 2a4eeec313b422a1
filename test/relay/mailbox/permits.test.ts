import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY, MAX_PERMIT_ENVELOPES, PERMIT_LIFE } from "../../../src/protocol/limits.ts";
import { calls, FULL, introduction, late, NOT_AUTHORIZED, refusesAll } from "./introductions.ts";
import { envelope, inStorage, oneTimeKey, openMailbox, randomKey, rows } from "./stage.ts";
import { rowsWritten } from "./statements.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an introduction", () => {
  it("opens nothing in a mailbox whose owner did not agree to be found", async () => {
    const { stub } = await openMailbox(false);
    await refusesAll(stub, introduction());
  });

  it("opens a permit with the first thing that comes of it", async () => {
    const { stub } = await openMailbox(true);
    const by = introduction();
    expect(await stub.deposit(by, envelope(1), 60)).toEqual({
      outcome: "held",
      heldUntil: Date.now() + 60_000,
    });
    expect(await rows(stub, "permit")).toEqual([
      {
        id: by.nonce.buffer,
        envelopes: 1,
        expires_at: Date.now() + PERMIT_LIFE,
        ended: 0,
        key_public: null,
        key_last_resort: null,
        key_expires_at: null,
        key_signature: null,
      },
    ]);
  });

  it("spends nothing on what comes to nothing", async () => {
    const { stub } = await openMailbox(true);
    const by = introduction();
    expect(await stub.deposit(by, envelope(1), 0)).toEqual({ outcome: "expired" });
    expect(await stub.depositState(by, randomKey())).toEqual({ outcome: "no-deposit" });
    expect(await stub.claimOneTimeKey(by)).toEqual({ outcome: "no-one-time-key" });
    expect(await rows(stub, "permit")).toEqual([]);
  });

  it("of a day that is over opens no permit, and uses one that is open until its end", async () => {
    const { stub } = await openMailbox(true);
    const by = introduction();
    await refusesAll(stub, late(by));
    await stub.deposit(by, envelope(1), 60);
    vi.advanceTimersByTime(PERMIT_LIFE - 1);
    expect(await stub.deposit(late(by), envelope(2), 60)).toMatchObject({ outcome: "held" });
    vi.advanceTimersByTime(1);
    for (const call of calls(stub, late(by))) expect(await call).toEqual(NOT_AUTHORIZED);
  });

  it("of somebody else opens a permit of its own", async () => {
    const { stub } = await openMailbox(true);
    await stub.deposit(introduction(), envelope(1), 60);
    await stub.deposit(introduction(), envelope(2), 60);
    expect(await rows(stub, "permit")).toMatchObject([{ envelopes: 1 }, { envelopes: 1 }]);
  });

  it("costs one row more than a friend's deposit, and a friend's costs what it did", async () => {
    const { stub, epoch } = await openMailbox(true);
    const by = introduction();
    await stub.deposit(epoch, envelope(0), 60);
    expect(await rowsWritten(stub, () => stub.deposit(by, envelope(1), 60))).toBe(2);
    expect(await rowsWritten(stub, () => stub.deposit(by, envelope(2), 60))).toBe(2);
    expect(await rowsWritten(stub, () => stub.deposit(epoch, envelope(3), 60))).toBe(1);
    const ids = (await rows(stub, "message")).map(({ id }) => Number(id));
    expect(await rowsWritten(stub, () => stub.acknowledge(ids))).toBe(ids.length);
  });
});

describe("the key claimed under a permit", () => {
  it("is one, and the same each time, whatever becomes of the pool", async () => {
    const { stub, nonce } = await openMailbox(true);
    const lasting = Date.now() + 14 * DAY;
    const keys = [oneTimeKey(lasting), oneTimeKey(lasting)];
    await stub.replaceOneTimeKeys(nonce(), keys);
    const by = introduction();
    const claimed = await stub.claimOneTimeKey(by);
    expect(keys.map((key) => ({ outcome: "claimed", key }))).toContainEqual(claimed);
    await evictDurableObject(stub);
    expect(await stub.claimOneTimeKey(by)).toEqual(claimed);
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1, claims: { today: 1 } });
    await stub.replaceOneTimeKeys(nonce(), []);
    vi.advanceTimersByTime(3 * DAY);
    expect(await stub.claimOneTimeKey(late(by))).toEqual(claimed);
    expect(await stub.claimOneTimeKey(introduction())).toEqual({ outcome: "no-one-time-key" });
  });

  it("claimed twice in one turn is one key", async () => {
    const { stub, nonce } = await openMailbox(true);
    const lasting = Date.now() + 14 * DAY;
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(lasting), oneTimeKey(lasting)]);
    const by = introduction();
    const [one, other] = await Promise.all([stub.claimOneTimeKey(by), stub.claimOneTimeKey(by)]);
    expect(one).toMatchObject({ outcome: "claimed" });
    expect(other).toEqual(one);
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1 });
  });

  it("can be the last-resort key, and stays that one", async () => {
    const { stub, nonce } = await openMailbox(true);
    const key = oneTimeKey(Date.now() + 14 * DAY, true);
    await stub.replaceOneTimeKeys(nonce(), [key]);
    const by = introduction();
    expect(await stub.claimOneTimeKey(by)).toEqual({ outcome: "claimed", key });
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 14 * DAY, true)]);
    expect(await stub.claimOneTimeKey(by)).toEqual({ outcome: "claimed", key });
  });

  it("is not given again once it has ended, nor is another", async () => {
    const { stub, nonce } = await openMailbox(true);
    const soon = Date.now() + 60_000;
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(soon), oneTimeKey(soon + DAY)]);
    const by = introduction();
    // Served in no particular order: give both out, to find the one that ends first.
    const claims = [await stub.claimOneTimeKey(by), await stub.claimOneTimeKey(introduction())];
    vi.advanceTimersByTime(DAY + 60_000);
    expect(claims.map(({ outcome }) => outcome)).toEqual(["claimed", "claimed"]);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + DAY)]);
    expect(await stub.claimOneTimeKey(by)).toEqual({ outcome: "no-one-time-key" });
    expect(await stub.status()).toMatchObject({ oneTimeKeys: 1 });
  });

  it("writes the permit beside the key and the count, and nothing when it is asked for again", async () => {
    const { stub, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + DAY)]);
    const by = introduction();
    expect(await rowsWritten(stub, () => stub.claimOneTimeKey(by))).toBe(3);
    expect(await rowsWritten(stub, () => stub.claimOneTimeKey(by))).toBe(0);
  });
});

describe("a permit", () => {
  it("is good for twenty envelopes, plain, revocable or revoked unseen, and not for twenty more", async () => {
    const { stub, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + DAY)]);
    const by = introduction();
    const key = randomKey();
    for (let number = 0; number < MAX_PERMIT_ENVELOPES - 2; number++)
      expect(await stub.deposit(by, envelope(number), 60)).toMatchObject({ outcome: "held" });
    const first = await stub.depositRevocable(by, key, envelope(98), 60);
    expect(first).toMatchObject({ outcome: "held" });
    expect(await stub.revoke(by, randomKey())).toMatchObject({ outcome: "revoked" });

    for (const call of [
      stub.deposit(by, envelope(99), 60),
      stub.depositRevocable(by, randomKey(), envelope(99), 60),
      stub.revoke(by, randomKey()),
      stub.deposit({ ...by }, envelope(99), 60),
    ])
      expect(await call).toEqual(FULL);
    // What is known is counted already, and the key is counted by itself.
    expect(await stub.depositRevocable(by, key, envelope(98), 60)).toEqual(first);
    expect(await stub.depositState(by, key)).toEqual(first);
    expect(await stub.revoke(by, key)).toMatchObject({ outcome: "revoked" });
    expect(await stub.claimOneTimeKey(by)).toMatchObject({ outcome: "claimed" });
    const ids = (await rows(stub, "message")).map(({ id }) => Number(id));
    await stub.acknowledge(ids);
    await evictDurableObject(stub);
    expect(await stub.deposit(by, envelope(99), 60)).toEqual(FULL);
    expect(await rows(stub, "permit")).toMatchObject([{ envelopes: MAX_PERMIT_ENVELOPES }]);
  });

  it("counts what arrives in one turn", async () => {
    const { stub } = await openMailbox(true);
    const by = introduction();
    const together = Array.from({ length: MAX_PERMIT_ENVELOPES + 5 }, (_, i) =>
      stub.deposit(by, envelope(i), 60),
    );
    const outcomes = (await Promise.all(together)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === "held")).toHaveLength(MAX_PERMIT_ENVELOPES);
    expect(outcomes.filter((outcome) => outcome === "full")).toHaveLength(5);
  });

  it("ends after eight days by the alarm, also when only a key was claimed under it", async () => {
    const { stub, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + 14 * DAY)]);
    await stub.claimOneTimeKey(introduction());
    await evictDurableObject(stub);
    vi.advanceTimersByTime(PERMIT_LIFE);
    await inStorage(stub, async (_, { storage }) =>
      expect(await storage.getAlarm()).toBeLessThanOrEqual(Date.now()),
    );
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "permit")).toEqual([]);
  });

  it("outlives what was deposited under it: the alarm for that finds it", async () => {
    const { stub } = await openMailbox(true);
    await stub.deposit(introduction(), envelope(1), 60);
    vi.advanceTimersByTime(60_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "permit")).toHaveLength(1);
    vi.advanceTimersByTime(PERMIT_LIFE - 60_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "permit")).toEqual([]);
  });

  it("asks for and revokes its own deposits only", async () => {
    const { stub, epoch } = await openMailbox(true);
    const [by, other] = [introduction(), introduction()];
    const [own, others, friends] = [randomKey(), randomKey(), randomKey()];
    await stub.depositRevocable(by, own, envelope(1), 60);
    await stub.depositRevocable(other, others, envelope(2), 60);
    await stub.depositRevocable(epoch, friends, envelope(3), 60);
    for (const key of [others, friends]) {
      expect(await stub.depositState(by, key)).toEqual({ outcome: "no-deposit" });
      expect(await stub.revoke(by, key)).toEqual(NOT_AUTHORIZED);
      expect(await stub.depositRevocable(by, key, envelope(4), 60)).toEqual(NOT_AUTHORIZED);
    }
    // Who was given a delivery token since asks with that.
    expect(await stub.depositState(epoch, own)).toMatchObject({ outcome: "held" });
    expect(await stub.revoke(by, own)).toMatchObject({ outcome: "revoked" });
    expect(await rows(stub, "permit")).toMatchObject([{ envelopes: 1 }, { envelopes: 1 }]);
  });

  it("keeps a copy that arrives after its revocation out", async () => {
    const { stub } = await openMailbox(true);
    const [by, key] = [introduction(), randomKey()];
    expect(await stub.revoke(by, key)).toEqual({ outcome: "revoked", revokedAt: Date.now() });
    expect(await stub.depositRevocable(by, key, envelope(1), 60)).toEqual({ outcome: "revoked" });
    expect(await rows(stub, "permit")).toMatchObject([{ envelopes: 1 }]);
  });

  it("leaves a mark of a revocable deposit with TTL 0, counted once", async () => {
    const { stub } = await openMailbox(true);
    const [by, key] = [introduction(), randomKey()];
    for (const ttl of [0, 60])
      expect(await stub.depositRevocable(by, key, envelope(1), ttl)).toEqual({ outcome: "expired" });
    expect(await rows(stub, "permit")).toMatchObject([{ envelopes: 1 }]);
  });
});
