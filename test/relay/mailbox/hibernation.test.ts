import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { LIVE_DEADLINE, WINDOW_BYTES } from "../../../src/protocol/limits.ts";
import { Device, envelope, live, openMailbox, rows, until } from "./stage.ts";

describe("hibernation", () => {
  it("between push and acknowledgement changes nothing", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    await evictDurableObject(stub);
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    expect(device.erased[0]?.erased).toBe(true);
    expect(await rows(stub, "message")).toEqual([]);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "delivered" });
    expect(device.numbers).toEqual([1, 2]);
    expect(device.received.filter(({ kind }) => kind === "caught-up")).toHaveLength(1);
  });

  it("remembers how much of the window is taken", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const fitting = WINDOW_BYTES / 65536;
    for (let number = 0; number <= fitting; number++) await stub.deposit(epoch, envelope(number, 65536), 60);
    const device = await Device.connect(stub, nonce());
    await device.receives(fitting);
    await evictDurableObject(stub);
    await stub.deposit(epoch, envelope(99, 65536), 60);
    await stub.status();
    expect(device.messages).toHaveLength(fitting);
    device.acknowledge(...device.messages.slice(0, 2).map(({ id }) => id));
    await device.caughtUp();
    expect(device.numbers.slice(-2)).toEqual([fitting, 99]);
  });

  it("remembers that a device is slow", async () => {
    const { stub, epoch, device } = await live();
    await stub.deposit(epoch, envelope(1), 60);
    await evictDurableObject(stub);
    const began = performance.now();
    expect(await stub.deposit(epoch, envelope(2), 60)).toMatchObject({ outcome: "held" });
    expect(performance.now() - began).toBeLessThan(LIVE_DEADLINE / 2);
    await device.receives(2);
  });

  it("that ends under a clock that ran back still shows what comes next", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    await stub.deposit(epoch, envelope(1), 60);
    await evictDurableObject(stub);
    vi.setSystemTime(Date.now() - 10_000);
    expect(await stub.deposit(epoch, envelope(2), 60)).toEqual({ outcome: "delivered" });
    vi.useRealTimers();
  });

  it("forgives no slow device because what it was slow over exists no more, until it acknowledges that", async () => {
    const { stub, epoch, device } = await live();
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "undecided" });
    await evictDurableObject(stub);
    expect(await stub.deposit(epoch, envelope(2), 0)).toEqual({ outcome: "expired" });
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(2), 0)).toEqual({ outcome: "delivered" });
  });

  it("lets TTL 0 through to a device that is caught up", async () => {
    const { stub, epoch, device } = await live();
    await evictDurableObject(stub);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "delivered" });
  });

  it("that ends with the socket lost leaves the messages", async () => {
    const { stub, epoch, device, nonce } = await live();
    const deposited = stub.deposit(epoch, envelope(1), 60);
    await deposited;
    await evictDurableObject(stub, { webSockets: "close" });
    await until(() => device.closeCode !== undefined, "the close");
    expect(await stub.deposit(epoch, envelope(2), 60)).toMatchObject({ outcome: "held" });
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    expect(again.numbers).toEqual([1, 2]);
  });
});
