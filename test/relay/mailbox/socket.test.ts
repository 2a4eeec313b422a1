import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { encodeAcknowledge } from "../../../src/protocol/frames.ts";
import { LIVE_DEADLINE, WINDOW_BYTES, WINDOW_MESSAGES } from "../../../src/protocol/limits.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import {
  absentMailbox,
  Device,
  envelope,
  inStorage,
  live,
  openMailbox,
  randomKey,
  rows,
  upgrade,
} from "./stage.ts";
import { rowsWritten } from "./statements.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a device that connects", () => {
  it("is shown what waits, oldest first, then that it has caught up", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    for (const number of [1, 2, 3]) await stub.deposit(epoch, envelope(number), 60);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.numbers).toEqual([1, 2, 3]);
    expect(device.received.at(-1)).toEqual({ kind: "caught-up" });
    expect(device.messages[0]).toMatchObject({ heldUntil: Date.now() + 60_000, revocable: false });
  });

  it("speaks restante.v1 and nothing of the ticket", async () => {
    const { stub, nonce } = await openMailbox();
    const response = await upgrade(stub, nonce());
    expect(response.status).toBe(101);
    expect(response.headers.get("Sec-WebSocket-Protocol")).toBe("restante.v1");
    response.webSocket?.accept();
  });

  it("writes one row for its nonce, which is then used", async () => {
    const { stub } = await openMailbox();
    expect(await rowsWritten(stub, () => Device.connect(stub, 5))).toBe(1);
    expect((await upgrade(stub, 5)).status).toBe(409);
    expect((await upgrade(stub, 4)).status).toBe(409);
    expect((await upgrade(stub, Number.NaN)).status).toBe(409);
  });

  it("finds no socket at an absent mailbox", async () => {
    expect((await upgrade(absentMailbox(), 1)).status).toBe(404);
  });

  it("is answered a ping", async () => {
    const { device } = await live();
    expect(await device.ping()).toBe("pong");
  });

  it("that closes its socket is answered in kind", async () => {
    const { device } = await live();
    device.close();
    expect(await device.closed).toBe(1000);
  });

  it("is shown no more than its window, and the rest as it acknowledges", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const all = Array.from({ length: WINDOW_MESSAGES + 3 }, (_, i) => i);
    await Promise.all(all.map((number) => stub.deposit(epoch, envelope(number), 60)));
    const device = await Device.connect(stub, nonce());
    await device.receives(WINDOW_MESSAGES);
    await stub.status();
    expect(device.messages).toHaveLength(WINDOW_MESSAGES);
    expect(device.isCaughtUp).toBe(false);
    device.acknowledge(...device.messages.slice(0, 3).map(({ id }) => id));
    await device.caughtUp();
    expect(new Set(device.numbers)).toEqual(new Set(all));
    expect(device.erased.every(({ erased }) => erased)).toBe(true);
  });

  it("has a window of octets too", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    const fitting = WINDOW_BYTES / 65536;
    for (let number = 0; number <= fitting; number++) await stub.deposit(epoch, envelope(number, 65536), 60);
    const device = await Device.connect(stub, nonce());
    await device.receives(fitting);
    await stub.status();
    expect(device.messages).toHaveLength(fitting);
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.caughtUp();
    expect(device.messages).toHaveLength(fitting + 1);
  });

  it("is not shown what is due, though the alarm is late", async () => {
    const { stub, epoch, nonce } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 120);
    vi.advanceTimersByTime(60_000);
    const device = await Device.connect(stub, nonce());
    await device.caughtUp();
    expect(device.numbers).toEqual([2]);
  });
});

describe("a deposit to a device that is live and caught up", () => {
  it("is delivered once acknowledged, and its row is gone", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "delivered" });
    expect(await rows(stub, "message")).toEqual([]);
    await device.confirms(1);
    expect(device.erased).toEqual([{ id: device.messages[0]?.id, erased: true }]);
  });

  it("is delivered, too, when the device acknowledges by HTTP", async () => {
    const { stub, epoch, device } = await live();
    device.onMessage = ({ id }) => void stub.acknowledge([id]);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "delivered" });
  });

  it("is held when the deadline passes, and from then on nobody waits for the slow device", async () => {
    const { stub, epoch, device } = await live();
    const began = performance.now();
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    expect(performance.now() - began).toBeGreaterThanOrEqual(LIVE_DEADLINE - 10);
    const again = performance.now();
    expect(await stub.deposit(epoch, envelope(2), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(epoch, envelope(3), 0)).toEqual({ outcome: "expired" });
    expect(performance.now() - again).toBeLessThan(LIVE_DEADLINE / 2);
    await device.receives(2);
    expect(device.numbers).toEqual([1, 2]);
  });

  it("is waited for again when the slow device has acknowledged everything", async () => {
    const { stub, epoch, device } = await live();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 60);
    device.acknowledge(...device.messages.map(({ id }) => id));
    await device.confirms(2);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(3), 60)).toEqual({ outcome: "delivered" });
  });

  it("is not waited for again because what the slow device was shown has expired or was taken back", async () => {
    const { stub, epoch, device } = await live();
    const key = randomKey();
    await stub.depositRevocable(epoch, key, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 1);
    vi.advanceTimersByTime(1000);
    await stub.revoke(epoch, key);
    const began = performance.now();
    expect(await stub.deposit(epoch, envelope(3), 1)).toMatchObject({ outcome: "held" });
    expect(performance.now() - began).toBeLessThan(LIVE_DEADLINE / 2);
    await device.receives(3);
    vi.advanceTimersByTime(1000);
    // It proves itself by what comes too late, for want of anything else.
    device.acknowledge(...device.messages.map(({ id }) => id));
    await device.confirms(3);
    expect(device.erased.map(({ erased }) => erased)).toEqual([false, false, false]);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(4), 0)).toEqual({ outcome: "delivered" });
  });

  it("is held at once when the socket is lost", async () => {
    const { stub, epoch, device } = await live();
    device.onMessage = () => device.close();
    const began = performance.now();
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    expect(performance.now() - began).toBeLessThan(LIVE_DEADLINE / 2);
  });

  it("is held when its device is replaced, and shown to the newer socket", async () => {
    const { stub, epoch, device, nonce } = await live();
    let newer: Promise<Device> | undefined;
    device.onMessage = () => {
      newer = Device.connect(stub, nonce());
    };
    expect(await stub.deposit(epoch, envelope(1), 60)).toMatchObject({ outcome: "held" });
    await (await newer)?.receives(1);
  });

  it("counts as expired when its time ends while it is waited for", async () => {
    const { stub, epoch, device } = await live();
    device.onMessage = ({ id }) => {
      vi.advanceTimersByTime(2000);
      device.acknowledge(id);
    };
    expect(await stub.deposit(epoch, envelope(1), 1)).toEqual({ outcome: "expired" });
    await device.confirms(1);
    expect(device.erased[0]?.erased).toBe(false);
  });
});

describe("TTL 0 to a device that is live and caught up", () => {
  it("is delivered once acknowledged, and not one row is written", async () => {
    const { stub, epoch, device } = await live();
    device.acknowledgeAll();
    const written = await rowsWritten(stub, async () => {
      expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "delivered" });
    });
    expect(written).toBe(0);
    await device.confirms(1);
    expect(device.erased[0]?.erased).toBe(true);
  });

  it("is undecided at the deadline, and a late acknowledgement changes nothing", async () => {
    const { stub, epoch, device } = await live();
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "undecided" });
    expect(await stub.deposit(epoch, envelope(2), 0)).toEqual({ outcome: "expired" });
    device.acknowledge(device.messages[0]?.id ?? 0);
    await device.confirms(1);
    expect(device.erased[0]?.erased).toBe(false);
    device.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(3), 0)).toEqual({ outcome: "delivered" });
  });

  it("is undecided when the socket is lost, and nobody sees it again", async () => {
    const { stub, epoch, device, nonce } = await live();
    device.onMessage = () => device.close();
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "undecided" });
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    expect(again.numbers).toEqual([]);
  });

  it("is not shown past messages that wait", async () => {
    const { stub, epoch, device } = await live();
    const window = Array.from({ length: WINDOW_MESSAGES + 1 }, (_, i) =>
      stub.deposit(epoch, envelope(i), 60),
    );
    await Promise.all(window);
    expect(await stub.deposit(epoch, envelope(999), 0)).toEqual({ outcome: "expired" });
    expect(device.numbers).not.toContain(999);
  });
});

describe("a second socket of the same device", () => {
  it("wins: the older is closed and says why", async () => {
    const { stub, epoch, device, nonce } = await live();
    const newer = await Device.connect(stub, nonce());
    expect(await device.closed).toBe(CLOSE.replaced.code);
    newer.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "delivered" });
    expect(device.numbers).toEqual([]);
  });

  it("is shown again what the older did not acknowledge", async () => {
    const { stub, epoch, device, nonce } = await live();
    const deposited = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    const newer = await Device.connect(stub, nonce());
    await newer.caughtUp();
    expect(newer.numbers).toEqual([1]);
    expect(await deposited).toMatchObject({ outcome: "held" });
  });

  it("is the only one listened to: what the older says on its way out is not taken", async () => {
    const { stub, epoch, device, nonce } = await live();
    const deposited = stub.deposit(epoch, envelope(1), 60);
    await device.receives(1);
    const [older] = await inStorage(stub, (_, state) => state.getWebSockets());
    await Device.connect(stub, nonce());
    const frame = encodeAcknowledge([device.messages[0]?.id ?? 0]).slice().buffer;
    await runInDurableObject(stub, (mailbox: Mailbox) => older && mailbox.webSocketMessage(older, frame));
    expect(await rows(stub, "message")).toHaveLength(1);
    expect(await deposited).toMatchObject({ outcome: "held" });
  });

  it("does not win with a nonce that was used", async () => {
    const { stub, device } = await live();
    expect((await upgrade(stub, 2)).status).toBe(409);
    expect(await device.ping()).toBe("pong");
    expect(device.closeCode).toBeUndefined();
  });
});
