import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY, ERASED_WITHIN, MARK_GRACE } from "../../../src/protocol/limits.ts";
import { lapsesAt } from "../../../src/relay/mailbox/lapse.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { Device, envelope, inStorage, oneTimeKey, openMailbox, randomKey, rows, type Stub } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function alarmOf(stub: Stub): Promise<number | null> {
  return runInDurableObject(stub, (_: Mailbox, { storage }) => storage.getAlarm());
}

/** When a mailbox lapses whose device was here today. */
const lapse = () => lapsesAt(Math.floor(Date.now() / DAY));

describe("the alarm", () => {
  it("comes soon after the first thing is due, and is set only to come earlier", async () => {
    const { stub, epoch } = await openMailbox();
    const now = Date.now();
    expect(await alarmOf(stub)).toBe(lapse());
    await stub.deposit(epoch, envelope(1), 60);
    expect(await alarmOf(stub)).toBe(now + 90_000);
    const set = await runInDurableObject(stub, (_: Mailbox, { storage }) => vi.spyOn(storage, "setAlarm"));
    await stub.deposit(epoch, envelope(2), 90);
    expect(set).not.toHaveBeenCalled();
    await stub.deposit(epoch, envelope(3), 30);
    expect(set).toHaveBeenCalledExactlyOnceWith(now + 45_000);
    set.mockRestore();
  });

  it("is still known after an eviction", async () => {
    const { stub, epoch } = await openMailbox();
    const now = Date.now();
    await stub.deposit(epoch, envelope(1), 60);
    await evictDurableObject(stub);
    await stub.deposit(epoch, envelope(2), 90);
    expect(await alarmOf(stub)).toBe(now + 90_000);
    await evictDurableObject(stub);
    await stub.deposit(epoch, envelope(3), 30);
    expect(await alarmOf(stub)).toBe(now + 45_000);
  });

  it("is not put off, after an eviction, by something that ends later", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const soon = Date.now() + 30_000;
    await stub.replaceOneTimeKeys(nonce(), [oneTimeKey(soon)]);
    await evictDurableObject(stub);
    await stub.deposit(epoch, envelope(1), 60);
    expect(await alarmOf(stub)).toBe(soon);
  });

  it("erases what is due, and that only, and comes again for the rest", async () => {
    const { stub, epoch } = await openMailbox();
    const now = Date.now();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 120);
    vi.setSystemTime(now + 60_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "message")).toHaveLength(1);
    expect(await alarmOf(stub)).toBe(now + 180_000);
    vi.setSystemTime(now + 120_000);
    await runDurableObjectAlarm(stub);
    expect(await rows(stub, "message")).toEqual([]);
    expect(await alarmOf(stub)).toBe(lapse());
  });

  it("run early or twice does no harm", async () => {
    const { stub, epoch } = await openMailbox();
    const now = Date.now();
    await stub.deposit(epoch, envelope(1), 60);
    for (let times = 0; times < 2; times++) {
      expect(await runDurableObjectAlarm(stub)).toBe(true);
      expect(await rows(stub, "message")).toHaveLength(1);
      expect(await alarmOf(stub)).toBe(now + 90_000);
    }
    vi.setSystemTime(now + 60_000);
    await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
    await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
    expect(await rows(stub, "message")).toEqual([]);
    expect(await stub.status()).toMatchObject({ messages: 0, bytes: 0 });
  });

  it("comes for the end of a mark, too", async () => {
    const { stub, epoch } = await openMailbox();
    const end = Date.now() + 60_000;
    await stub.depositRevocable(epoch, randomKey(), envelope(1), 60);
    vi.setSystemTime(end);
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBe(end + MARK_GRACE + ERASED_WITHIN);
  });

  it("that fails comes again", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await inStorage(stub, (sql) =>
      sql.exec(
        "CREATE TRIGGER broken BEFORE DELETE ON message BEGIN SELECT RAISE(ABORT, 'broken disk'); END",
      ),
    );
    vi.advanceTimersByTime(60_000);
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(errors).toHaveBeenCalled();
    errors.mockRestore();
    expect(await alarmOf(stub)).toBeGreaterThan(Date.now());
    await inStorage(stub, (sql) => sql.exec("DROP TRIGGER broken"));
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("makes room in the window of a connected device", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    for (let number = 0; number < 8; number++) await stub.deposit(epoch, envelope(number, 65536), 60);
    await stub.deposit(epoch, envelope(8, 65536), 120);
    const device = await Device.connect(stub, nonce());
    await device.receives(8);
    vi.advanceTimersByTime(60_000);
    await runDurableObjectAlarm(stub);
    await device.caughtUp();
    expect(device.numbers.at(-1)).toBe(8);
  });
});
