import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  DAY,
  MARK_GRACE,
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_PERMIT_BYTES,
  MAX_PERMIT_ENVELOPES,
  MAX_PERMIT_MARKS,
  MAX_PERMIT_MESSAGES,
  MAX_PERMITS,
  MAX_TTL_SECONDS,
  PERMIT_LIFE,
} from "../../../src/protocol/limits.ts";
import { calls, FULL, introduction, NOT_AUTHORIZED, refusesAll } from "./introductions.ts";
import { ADDRESS, Device, envelope, inStorage, oneTimeKey, openMailbox, randomKey, rows } from "./stage.ts";
import { rowsWritten } from "./statements.ts";

const LARGEST = 65536;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
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
    expect(await stub.deposit(introduction(), envelope(4), 60)).toEqual(NOT_AUTHORIZED);
    await stub.confirm(consentId, true);
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
    await stub.confirm("next", false);
    await refusesAll(stub, by);
  });
});
