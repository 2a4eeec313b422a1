import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  DAY,
  MARK_GRACE,
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_MARKS,
  MAX_PERMIT_BYTES,
  MAX_PERMIT_ENVELOPES,
  MAX_PERMIT_MARKS,
  MAX_PERMIT_MESSAGES,
  MAX_PERMITS,
  MAX_TTL_SECONDS,
  PERMIT_LIFE,
} from "../../../src/protocol/limits.ts";
import type { Introduction } from "../../../src/relay/mailbox/calls.ts";
import {
  ADDRESS,
  Device,
  envelope,
  inStorage,
  oneTimeKey,
  openMailbox,
  randomKey,
  rows,
  rowsWritten,
  type Stub,
} from "./stage.ts";

const LARGEST = 65536;
const NOT_AUTHORIZED = { outcome: "not-authorized" };
const FULL = { outcome: "full" };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An introduction whose day is not over. */
const introduction = (): Introduction => ({ nonce: randomKey(), mayOpen: true });
/** The same, days later. */
const late = ({ nonce }: Introduction): Introduction => ({ nonce, mayOpen: false });

/** Everything that an introduction can be tried for. */
const calls = (stub: Stub, by: Introduction) => [
  stub.deposit(by, envelope(1), 60),
  stub.deposit(by, envelope(1), 0),
  stub.depositRevocable(by, randomKey(), envelope(1), 60),
  stub.depositState(by, randomKey()),
  stub.revoke(by, randomKey()),
  stub.claimOneTimeKey(by),
];

async function refusesAll(stub: Stub, by: Introduction): Promise<void> {
  const before = await inStorage(stub, (sql) => sql.exec("SELECT * FROM permit").toArray());
  for (const call of calls(stub, by)) expect(await call).toEqual(NOT_AUTHORIZED);
  expect(await rows(stub, "permit")).toEqual(before);
  expect(await rows(stub, "message")).toEqual([]);
  expect(await rows(stub, "revocable_deposit")).toEqual([]);
}

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

describe("a stranger", () => {
  async function withDevice() {
    const stage = await openMailbox(true);
    const device = await Device.connect(stage.stub, stage.nonce());
    await device.caughtUp();
    return { ...stage, device };
  }

  it("is told that it is held, at once, though the device is there and acknowledges", async () => {
    const { stub, device } = await withDevice();
    device.acknowledgeAll();
    for (const number of [1, 2])
      expect(await stub.deposit(introduction(), envelope(number), 60)).toEqual({
        outcome: "held",
        heldUntil: Date.now() + 60_000,
      });
    await device.confirms(2);
    expect(device.numbers).toEqual([1, 2]);
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("does not wait for a device that is there and says nothing, so that no friend finds it slow", async () => {
    const { stub, epoch, device } = await withDevice();
    expect(await stub.deposit(introduction(), envelope(1), 60)).toMatchObject({ outcome: "held" });
    await device.receives(1);
    device.acknowledgeAll();
    // Had the stranger's deposit waited in vain, this one would not be waited for.
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "delivered" });
  });

  it("with TTL 0 is shown to nobody, whoever is there", async () => {
    const { stub, epoch, device } = await withDevice();
    device.acknowledgeAll();
    expect(await stub.deposit(introduction(), envelope(1), 0)).toEqual({ outcome: "expired" });
    expect(await stub.deposit(epoch, envelope(2), 0)).toEqual({ outcome: "delivered" });
    expect(device.numbers).toEqual([2]);
  });

  it("reads `held` of what was delivered until its time ends; only a revocation tells", async () => {
    const { stub, epoch, device } = await withDevice();
    device.acknowledgeAll();
    const by = introduction();
    const [one, other] = [randomKey(), randomKey()];
    const held = { outcome: "held", heldUntil: Date.now() + 60_000 };
    for (const key of [one, other])
      expect(await stub.depositRevocable(by, key, envelope(1), 60)).toEqual(held);
    await device.confirms(2);
    expect(await stub.depositState(epoch, one)).toEqual({ outcome: "delivered" });
    vi.advanceTimersByTime(59_999);
    expect(await stub.depositState(by, one)).toEqual(held);
    expect(await stub.depositRevocable(by, one, envelope(1), 60)).toEqual(held);
    expect(await stub.revoke(by, other)).toEqual({ outcome: "already-delivered" });
    vi.advanceTimersByTime(1);
    expect(await stub.depositState(by, one)).toEqual({ outcome: "delivered" });
  });
});

describe("however many strangers come", () => {
  /** As if `count` permits had been opened, `each` of them with so many envelopes. */
  async function withPermits(count: number, each = 0) {
    const stage = await openMailbox(true);
    await inStorage(stage.stub, (sql) =>
      sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO permit (id, envelopes, expires_at) SELECT CAST(i AS BLOB), ?, ? FROM n`,
        count,
        each,
        Date.now() + PERMIT_LIFE,
      ),
    );
    return stage;
  }

  it(`no more than ${MAX_PERMITS} have a permit at once, and who has one is not affected`, async () => {
    const { stub, epoch, nonce } = await withPermits(MAX_PERMITS - 1, 1);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + DAY)]);
    const [last, next] = [introduction(), introduction()];
    expect(await stub.deposit(last, envelope(1), 60)).toMatchObject({ outcome: "held" });
    for (const call of [
      stub.deposit(next, envelope(2), 60),
      stub.depositRevocable(next, randomKey(), envelope(2), 60),
      stub.revoke(next, randomKey()),
      stub.claimOneTimeKey(next),
    ])
      expect(await call).toEqual(FULL);
    expect(await stub.depositState(next, randomKey())).toEqual({ outcome: "no-deposit" });
    expect(await rows(stub, "permit")).toHaveLength(MAX_PERMITS);
    expect(await stub.deposit(last, envelope(3), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(epoch, envelope(4), 60)).toMatchObject({ outcome: "held" });
    vi.advanceTimersByTime(PERMIT_LIFE);
    expect(await stub.deposit(next, envelope(5), 60)).toMatchObject({ outcome: "held" });
  });

  it("three quarters of the messages are left to friends", async () => {
    const { stub, epoch } = await openMailbox(true);
    const flood = Array.from({ length: 15 * MAX_PERMIT_ENVELOPES }, (_, i) => i);
    const strangers = Array.from({ length: 15 }, introduction);
    const outcomes = await Promise.all(
      flood.map((i) => stub.deposit(strangers[i % 15] ?? introduction(), envelope(i), 60)),
    );
    expect(outcomes.filter(({ outcome }) => outcome === "held")).toHaveLength(MAX_PERMIT_MESSAGES);
    expect(outcomes.filter(({ outcome }) => outcome === "full")).toHaveLength(
      flood.length - MAX_PERMIT_MESSAGES,
    );
    await evictDurableObject(stub);
    expect(await stub.deposit(introduction(), envelope(999), 60)).toEqual(FULL);
    expect(await stub.depositRevocable(introduction(), randomKey(), envelope(999), 60)).toEqual(FULL);
    const friends = Array.from({ length: MAX_HELD_MESSAGES - MAX_PERMIT_MESSAGES }, (_, i) =>
      stub.deposit(epoch, envelope(i), 60),
    );
    for (const { outcome } of await Promise.all(friends)) expect(outcome).toBe("held");
    expect(await stub.deposit(epoch, envelope(0), 60)).toEqual(FULL);
  });

  it("three quarters of the octets are left to friends, and what is acknowledged makes room", async () => {
    const { stub, epoch } = await openMailbox(true);
    const by = introduction();
    const fitting = MAX_PERMIT_BYTES / LARGEST;
    for (let i = 0; i < fitting; i++) {
      const kind = i % 2 === 0 ? "message" : "revocable_deposit";
      const deposited =
        kind === "message"
          ? stub.deposit(by, envelope(i, LARGEST), 60)
          : stub.depositRevocable(by, randomKey(), envelope(i, LARGEST), 60);
      expect(await deposited).toMatchObject({ outcome: "held" });
    }
    expect(await stub.deposit(introduction(), envelope(99), 60)).toEqual(FULL);
    for (let i = 0; i < (MAX_HELD_BYTES - MAX_PERMIT_BYTES) / LARGEST; i++)
      expect(await stub.deposit(epoch, envelope(i, LARGEST), 60)).toMatchObject({ outcome: "held" });
    const [first] = await rows(stub, "revocable_deposit");
    await stub.acknowledge([Number(first?.id)]);
    expect(await stub.deposit(introduction(), envelope(99, LARGEST), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(introduction(), envelope(99), 60)).toEqual(FULL);
  });

  it("three quarters of the marks are left to friends", async () => {
    const { stub, epoch } = await openMailbox(true);
    await inStorage(stub, (sql) =>
      sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO revocable_deposit (id, key, expires_at, state, ended_at, permit)
         SELECT i, CAST(i AS BLOB), ?, 'revoked', 0, x'00' FROM n`,
        MAX_PERMIT_MARKS - 1,
        Date.now() + 30_000,
      ),
    );
    await evictDurableObject(stub);
    const [by, key] = [introduction(), randomKey()];
    expect(await stub.depositRevocable(by, key, envelope(1), 30)).toMatchObject({ outcome: "held" });
    expect(await stub.revoke(by, randomKey())).toEqual(FULL);
    expect(await stub.depositRevocable(by, randomKey(), envelope(2), 0)).toEqual(FULL);
    expect(await stub.depositRevocable(by, randomKey(), envelope(2), 60)).toEqual(FULL);
    expect(await stub.deposit(by, envelope(2), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(3), 60)).toMatchObject({
      outcome: "held",
    });
    expect(await stub.revoke(by, key)).toMatchObject({ outcome: "revoked" });
    expect(MAX_PERMIT_MARKS).toBeLessThanOrEqual(MAX_MARKS / 4);
    vi.advanceTimersByTime(30_000 + MARK_GRACE);
    expect(await stub.revoke(by, randomKey())).toMatchObject({ outcome: "revoked" });
  });
});

describe("the owner", () => {
  it("ends all permits by rotating the delivery token, for good", async () => {
    const { stub, nonce } = await openMailbox(true);
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(Date.now() + DAY)]);
    const [by, key] = [introduction(), randomKey()];
    await stub.depositRevocable(by, key, envelope(1), 60);
    await stub.claimOneTimeKey(by);
    const [held] = await rows(stub, "revocable_deposit");
    expect(await stub.rotateDeliveryToken(nonce())).toMatchObject({ outcome: "rotated" });
    for (const call of [...calls(stub, by), stub.depositState(by, key), stub.revoke(by, key)])
      expect(await call).toEqual(NOT_AUTHORIZED);
    expect(await rows(stub, "permit")).toMatchObject([{ ended: 1, key_public: null, key_signature: null }]);
    // What had come stays the owner's to read, and another introduction begins anew.
    expect(await stub.acknowledge([Number(held?.id)])).toMatchObject({ erased: [held?.id] });
    expect(await stub.deposit(introduction(), envelope(2), 60)).toMatchObject({ outcome: "held" });
    vi.advanceTimersByTime(PERMIT_LIFE);
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "permit")).toEqual([]);
  });

  it("gives ended permits no room of others", async () => {
    const { stub, nonce } = await openMailbox(true);
    for (let i = 0; i < MAX_PERMITS; i++) await stub.revoke(introduction(), randomKey());
    expect(await stub.deposit(introduction(), envelope(1), 60)).toEqual(FULL);
    await stub.rotateDeliveryToken(nonce());
    expect(await stub.deposit(introduction(), envelope(1), 60)).toMatchObject({ outcome: "held" });
  });

  it("closes the mailbox to new introductions by a grant without the purpose, and opens it by one with it", async () => {
    const { stub, consentId, nonce } = await openMailbox(true);
    const grant = { consentId, address: ADDRESS, noticeVersion: 1 };
    const by = introduction();
    await stub.deposit(by, envelope(1), 60);
    await stub.open({ ...grant, nonce: nonce(), introductions: false });
    expect(await stub.deposit(introduction(), envelope(2), 60)).toEqual(NOT_AUTHORIZED);
    expect(await stub.deposit(by, envelope(3), 60)).toMatchObject({ outcome: "held" });
    await stub.open({ ...grant, nonce: nonce(), introductions: true });
    expect(await stub.deposit(introduction(), envelope(4), 60)).toMatchObject({ outcome: "held" });
  });

  it("is not found any more once somebody else verified the number; another consent is not touched", async () => {
    const { stub, consentId } = await openMailbox(true);
    expect(await stub.endIntroductions("another")).toEqual({ outcome: "no-consent" });
    expect(await stub.deposit(introduction(), envelope(1), 60)).toMatchObject({ outcome: "held" });
    for (const _ of [1, 2]) expect(await stub.endIntroductions(consentId)).toEqual({ outcome: "ended" });
    expect(await stub.deposit(introduction(), envelope(2), 60)).toEqual(NOT_AUTHORIZED);
    expect(await rowsWritten(stub, () => stub.endIntroductions(consentId))).toBe(0);
  });

  it("erases them all by withdrawing, and no introduction works in a life after that without its purpose", async () => {
    const { stub, consentId, nonce } = await openMailbox(true);
    const by = introduction();
    await stub.deposit(by, envelope(1), MAX_TTL_SECONDS);
    expect(await stub.withdraw(consentId, nonce())).toMatchObject({ outcome: "withdrawn" });
    expect(await stub.deposit(by, envelope(2), 60)).toEqual(NOT_AUTHORIZED);
    await stub.open({
      consentId: "next",
      address: ADDRESS,
      noticeVersion: 1,
      nonce: 1,
      introductions: false,
    });
    await refusesAll(stub, by);
  });
});
