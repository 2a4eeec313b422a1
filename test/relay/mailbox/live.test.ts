/** What passes to a connected device from memory, and what becomes of it when the device does not take it. */
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as limits from "../../../src/protocol/limits.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { Device, envelope, live, openMailbox, randomKey, rows, type Stub } from "./stage.ts";
import { rowsWritten, statements } from "./statements.ts";

const HELD = { outcome: "held", heldUntil: expect.any(Number) };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const three = (epoch: Uint8Array, ttl = 60) =>
  [1, 2, 3].map((number) => ({ pass: epoch, envelope: envelope(number), ttl }));

async function idsHeld(stub: Stub): Promise<number[]> {
  return (await rows(stub, "message")).map(({ id }) => Number(id));
}

describe("a message to a live device that takes it", () => {
  it("touches no storage: no row is written, none is read, no alarm is set", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    await stub.deposit(epoch, envelope(0), 60); // after this everything that has to be known is
    await device.confirms(1);
    const touched = await statements(stub, async () => {
      for (const number of [1, 2, 3])
        expect(await stub.deposit(epoch, envelope(number), 60)).toEqual({ outcome: "delivered" });
      await device.confirms(4);
    });
    expect(touched).toEqual({ executed: 0, rowsRead: 0, rowsWritten: 0, transactions: 0, alarms: 0 });
    expect(device.erased.every(({ erased }) => erased)).toBe(true);
  });

  it("lets a mailbox that slept read its state, and what it holds, once, and write nothing", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    await evictDurableObject(stub);
    const woken = await statements(stub, async () => {
      expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "delivered" });
      await device.confirms(1);
    });
    expect(woken).toMatchObject({ executed: 5, rowsWritten: 0, transactions: 0, alarms: 0 });
  });

  it("writes one row on each day on which its device acknowledges something: that it was there", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    vi.setSystemTime(Date.now() + DAY);
    const counts: number[] = [];
    for (const number of [1, 2])
      counts.push(
        await rowsWritten(stub, async () => {
          expect(await stub.deposit(epoch, envelope(number), 60)).toEqual({ outcome: "delivered" });
          await device.confirms(number);
        }),
      );
    expect(counts).toEqual([1, 0]);
  });

  it("needs no room: it counts for nothing once it is taken", async () => {
    vi.spyOn(limits, "MAX_HELD_MESSAGES", "get").mockReturnValue(1 as never);
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    for (const number of [1, 2, 3])
      expect(await stub.deposit(epoch, envelope(number), 60)).toEqual({ outcome: "delivered" });
  });

  it("is acknowledged among others that are stored, in the order asked", async () => {
    const { stub, epoch, device } = await live();
    await stub.depositRevocable(epoch, randomKey(), envelope(1), 60);
    const outcome = stub.deposit(epoch, envelope(2), 60);
    await device.receives(2);
    const [stored = 0, unstored = 0] = device.messages.map(({ id }) => id);
    device.acknowledge(unstored, stored, unstored, 7);
    expect(await outcome).toEqual({ outcome: "delivered" });
    await device.confirms(4);
    expect(device.erased).toEqual([
      { id: unstored, erased: true },
      { id: stored, erased: true },
      { id: unstored, erased: false },
      { id: 7, erased: false },
    ]);
  });
});

describe("a message that a live device does not take", () => {
  it("costs the row that it would have cost, and one to erase", async () => {
    const { stub, epoch, device } = await live();
    const heldUntil = Date.now() + 60_000;
    const held = await statements(stub, async () => {
      expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "held", heldUntil });
    });
    expect(held).toMatchObject({ rowsWritten: 1, transactions: 1, alarms: 1 });
    const [message] = device.messages;
    expect(await rows(stub, "message")).toMatchObject([{ id: message?.id, expires_at: heldUntil }]);
    const taken = await statements(stub, async () => {
      device.acknowledge(message?.id ?? 0);
      await device.confirms(1);
    });
    expect(taken).toMatchObject({ rowsWritten: 1, alarms: 0 });
    expect(device.erased).toEqual([{ id: message?.id, erased: true }]);
  });

  it("takes along all that is in flight: one transaction for a device that is slow", async () => {
    const { stub, epoch, device } = await live();
    const held = await statements(stub, async () => {
      for (const outcome of await stub.depositMany(three(epoch))) expect(outcome).toEqual(HELD);
    });
    expect(held).toMatchObject({ rowsWritten: 3, transactions: 1 });
    expect(await idsHeld(stub)).toEqual(device.messages.map(({ id }) => id));
  });

  it("keeps its time: it is held from when it was shown", async () => {
    const { stub, epoch, device } = await live();
    const shownAt = Date.now();
    const outcome = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    vi.advanceTimersByTime(300);
    expect(await outcome).toEqual({ outcome: "held", heldUntil: shownAt + 60_000 });
  });

  it("is not stored any more when its time is over", async () => {
    const { stub, epoch, device } = await live();
    const outcome = stub.deposit(epoch, envelope(1), 1);
    await device.receives(1);
    vi.advanceTimersByTime(1000);
    expect(await outcome).toEqual({ outcome: "expired" });
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("has its place kept: what comes meanwhile can't take it", async () => {
    vi.spyOn(limits, "MAX_HELD_MESSAGES", "get").mockReturnValue(2 as never);
    const { stub, epoch, device } = await live();
    const outcome = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(2), 60)).toEqual(HELD);
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(3), 60)).toEqual({ outcome: "full" });
    expect(await outcome).toEqual(HELD);
    expect(await stub.status()).toMatchObject({ messages: 2 });
  });

  it("has its place kept by octets, too, until the device takes it", async () => {
    vi.spyOn(limits, "MAX_HELD_BYTES", "get").mockReturnValue(4096 as never);
    const { stub, epoch, device } = await live();
    const outcome = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(2, 4096), 60)).toEqual({
      outcome: "full",
    });
    device.acknowledge(device.messages[0]?.id ?? 0);
    expect(await outcome).toEqual({ outcome: "delivered" });
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(3, 4096), 60)).toEqual(HELD);
  });
});

describe("what never passes from memory", () => {
  it("is a revocable deposit: it has to be there to be taken back", async () => {
    const { stub, epoch, device } = await live();
    const held = await statements(stub, () => stub.depositRevocable(epoch, randomKey(), envelope(1), 60));
    expect(held.rowsWritten).toBe(2);
    await device.receives(1);
    const ended = await statements(stub, async () => {
      device.acknowledge(device.messages[0]?.id ?? 0);
      await device.confirms(1);
    });
    expect(ended.rowsWritten).toBe(1);
  });

  it("is a stranger's: the answer must not tell that somebody is there", async () => {
    const { stub, nonce } = await openMailbox(true);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    device.acknowledgeAll();
    expect(await stub.deposit({ nonce: randomKey(), mayOpen: true }, envelope(1), 60)).toEqual(HELD);
  });

  it("is what there would be no room for, should it have to be held", async () => {
    vi.spyOn(limits, "MAX_HELD_MESSAGES", "get").mockReturnValue(1 as never);
    const { stub, epoch, device } = await live();
    expect(await stub.depositRevocable(epoch, randomKey(), envelope(1), 60)).toEqual(HELD);
    await device.receives(1);
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "full" });
    expect(device.numbers).toEqual([1]);
  });

  it("is what comes behind something that waits to be written", async () => {
    const { stub, epoch, device } = await live();
    const [first, ...rest] = three(epoch);
    const outcomes = stub.depositMany([
      { ...first, pass: epoch, envelope: envelope(0), ttl: 60, key: randomKey() },
      ...rest,
    ]);
    await device.receives(3);
    expect(device.numbers).toEqual([0, 2, 3]);
    expect((await outcomes).map(({ outcome }) => outcome)).toEqual(["held", "held", "held"]);
  });
});
