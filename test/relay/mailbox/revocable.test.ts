import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MARK_GRACE, MAX_MARKS, MAX_TTL_SECONDS, MAX_UNSEEN_MARKS } from "../../../src/protocol/limits.ts";
import { Device, envelope, inStorage, openMailbox, randomKey, rows } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A mailbox that holds one revocable deposit for a minute, and its key. */
async function deposited() {
  const stage = await openMailbox();
  const key = randomKey();
  const held = await stage.stub.depositRevocable(stage.epoch, key, envelope(1), 60);
  expect(held).toEqual({ outcome: "held", heldUntil: Date.now() + 60_000 });
  return { ...stage, key };
}

describe("a revocable deposit", () => {
  it("is shown to the device as revocable, in one order with the rest", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.depositRevocable(epoch, randomKey(), envelope(2), 60);
    await stub.deposit(epoch, envelope(3), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.numbers).toEqual([1, 2, 3]);
    expect(device.messages.map(({ revocable }) => revocable)).toEqual([false, true, false]);
    expect(await stub.messages(2)).toMatchObject({
      messages: [{ revocable: false }, { revocable: true }],
      more: true,
    });
  });

  it("is answered at once, also when the device is live", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const key = randomKey();
    expect(await stub.depositRevocable(epoch, key, envelope(1), 60)).toMatchObject({ outcome: "held" });
    await device.receives(1);
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "delivered" });
  });

  it("deposited again under its key gives its state and changes nothing", async () => {
    const { stub, epoch, key } = await deposited();
    const heldUntil = Date.now() + 60_000;
    vi.advanceTimersByTime(1000);
    expect(await stub.depositRevocable(epoch, key, envelope(2), 600)).toEqual({ outcome: "held", heldUntil });
    expect(await rows(stub, "revocable_deposit")).toHaveLength(1);
    await stub.revoke(epoch, key);
    expect(await stub.depositRevocable(epoch, key, envelope(2), 600)).toEqual({ outcome: "revoked" });
    expect(await stub.messages(9)).toMatchObject({ messages: [] });
  });

  it("deposited twice in one turn is one deposit", async () => {
    const { stub, epoch } = await openMailbox();
    const key = randomKey();
    const both = [1, 2].map((number) => stub.depositRevocable(epoch, key, envelope(number), 60));
    for (const answer of await Promise.all(both)) expect(answer.outcome).toBe("held");
    expect(await stub.status()).toMatchObject({ messages: 1, bytes: 2048 });
  });

  it("leaves a mark without a body when it is acknowledged", async () => {
    const { stub, epoch, key } = await deposited();
    const [row] = await rows(stub, "revocable_deposit");
    const id = Number(row?.id);
    expect(await stub.acknowledge([id, id])).toEqual({ outcome: "acknowledged", erased: [id] });
    expect(await rows(stub, "revocable_deposit")).toMatchObject([{ state: "delivered", body: null }]);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "delivered" });
    expect(await stub.status()).toMatchObject({ messages: 0, bytes: 0 });
  });

  it("is confirmed again to a device that lost the first confirmation", async () => {
    const { stub, nonce } = await deposited();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const id = device.messages[0]?.id ?? 0;
    device.acknowledge(id);
    await device.confirms(1);
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    again.acknowledge(id);
    await again.confirms(1);
    expect(again.erased).toEqual([{ id, erased: true }]);
  });

  it("with TTL 0 is never shown and leaves a mark", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const key = randomKey();
    expect(await stub.depositRevocable(epoch, key, envelope(1), 0)).toEqual({ outcome: "expired" });
    expect(await stub.depositRevocable(epoch, key, envelope(1), 60)).toEqual({ outcome: "expired" });
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "expired" });
    expect(device.numbers).toEqual([]);
    expect(await stub.revoke(epoch, key)).toEqual({ outcome: "revoked", revokedAt: Date.now() });
  });

  it("that is not known has no state", async () => {
    const { stub, epoch } = await openMailbox();
    expect(await stub.depositState(epoch, randomKey())).toEqual({ outcome: "no-deposit" });
  });

  it("expires by itself, late alarm or not, and its mark says so until a day later", async () => {
    const { stub, epoch, key } = await deposited();
    const end = Date.now() + 60_000;
    vi.setSystemTime(end);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "expired" });
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "revocable_deposit")).toMatchObject([
      { state: "expired", body: null, ended_at: end },
    ]);
    vi.setSystemTime(end + MARK_GRACE - 1);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "expired" });
    vi.setSystemTime(end + MARK_GRACE);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "no-deposit" });
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "revocable_deposit")).toEqual([]);
  });

  it("can be made anew under a key whose mark has ended, though the alarm is late", async () => {
    const { stub, epoch, key } = await deposited();
    vi.advanceTimersByTime(60_000 + MARK_GRACE);
    expect(await stub.depositRevocable(epoch, key, envelope(2), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.status()).toMatchObject({ messages: 1 });
  });
});

describe("revoking", () => {
  it("before the acknowledgement wins, for good", async () => {
    const { stub, epoch, key, nonce } = await deposited();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const revokedAt = Date.now();
    expect(await stub.revoke(epoch, key)).toEqual({ outcome: "revoked", revokedAt });
    vi.advanceTimersByTime(1000);
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    expect(device.erased[0]?.erased).toBe(false);
    expect(await stub.revoke(epoch, key)).toEqual({ outcome: "revoked", revokedAt });
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "revoked" });
    expect(await rows(stub, "revocable_deposit")).toMatchObject([{ state: "revoked", body: null }]);
  });

  it("after the acknowledgement loses, for good", async () => {
    const { stub, epoch, key } = await deposited();
    const [row] = await rows(stub, "revocable_deposit");
    await stub.acknowledge([Number(row?.id)]);
    for (let times = 0; times < 2; times++)
      expect(await stub.revoke(epoch, key)).toEqual({ outcome: "already-delivered" });
  });

  it("after expiry counts: nobody has it and nobody will", async () => {
    const { stub, epoch, key } = await deposited();
    vi.advanceTimersByTime(60_000);
    expect(await stub.revoke(epoch, key)).toEqual({ outcome: "revoked", revokedAt: Date.now() });
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "revoked" });
    expect(await stub.status()).toMatchObject({ messages: 0, bytes: 0 });
  });

  it("a key that was never seen holds against a copy that arrives later", async () => {
    const { stub, epoch } = await openMailbox();
    const key = randomKey();
    expect(await stub.revoke(epoch, key)).toEqual({ outcome: "revoked", revokedAt: Date.now() });
    await evictDurableObject(stub);
    vi.advanceTimersByTime(MAX_TTL_SECONDS * 1000 + MARK_GRACE - 1);
    expect(await stub.depositRevocable(epoch, key, envelope(1), 60)).toEqual({ outcome: "revoked" });
    vi.advanceTimersByTime(1);
    expect(await stub.depositState(epoch, key)).toEqual({ outcome: "no-deposit" });
  });

  it("makes room in the window of a connected device", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    const keys = Array.from({ length: 9 }, randomKey);
    for (const [number, key] of keys.entries())
      await stub.depositRevocable(epoch, key, envelope(number, 65536), 60);
    await device.receives(8);
    await stub.status();
    expect(device.messages).toHaveLength(8);
    await stub.revoke(epoch, keys[0] ?? randomKey());
    await device.receives(9);
  });

  it("keys that were never seen leaves room for the marks of real deposits", async () => {
    const { stub, epoch, key } = await deposited();
    const revokeUnseen = () => stub.revoke(epoch, randomKey());
    const all = await Promise.all(Array.from({ length: MAX_UNSEEN_MARKS }, revokeUnseen));
    expect(all.every(({ outcome }) => outcome === "revoked")).toBe(true);
    expect(await revokeUnseen()).toEqual({ outcome: "full" });
    await evictDurableObject(stub);
    expect(await revokeUnseen()).toEqual({ outcome: "full" });
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(2), 60)).toMatchObject({
      outcome: "held",
    });
    expect(await stub.revoke(epoch, key)).toMatchObject({ outcome: "revoked" });
    vi.advanceTimersByTime(MAX_TTL_SECONDS * 1000 + MARK_GRACE);
    expect(await revokeUnseen()).toMatchObject({ outcome: "revoked" });
  });

  it("needs room for a mark, but not for one of a deposit that is there", async () => {
    const { stub, epoch, key } = await deposited();
    await inStorage(stub, (sql) =>
      sql.exec(
        `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         INSERT INTO revocable_deposit (id, key, expires_at, state, ended_at)
         SELECT i, CAST(i AS BLOB), ?, 'revoked', 0 FROM n`,
        MAX_MARKS - 1,
        Date.now() + 30_000,
      ),
    );
    await evictDurableObject(stub);
    expect(await stub.revoke(epoch, randomKey())).toEqual({ outcome: "full" });
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(2), 60)).toEqual({ outcome: "full" });
    expect(await stub.revoke(epoch, key)).toMatchObject({ outcome: "revoked" });
    expect(await stub.deposit(epoch, envelope(3), 60)).toMatchObject({ outcome: "held" });
    vi.advanceTimersByTime(30_000 + MARK_GRACE);
    expect(await stub.revoke(epoch, randomKey())).toMatchObject({ outcome: "revoked" });
  });
});
