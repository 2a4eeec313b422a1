/** Messages that a live device was shown from memory while their senders wait: whatever happens then. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { encodeAcknowledge } from "../../../src/protocol/frames.ts";
import { LIVE_DEADLINE } from "../../../src/protocol/limits.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { Device, envelope, failWrites, inStorage, live, rows, type Stub } from "./stage.ts";

const HELD = { outcome: "held", heldUntil: expect.any(Number) };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function idsHeld(stub: Stub): Promise<number[]> {
  return (await rows(stub, "message")).map(({ id }) => Number(id));
}

/** Three messages that a silent device was shown and whose senders wait. */
async function inFlight() {
  const stage = await live();
  const outcomes = stage.stub.depositMany(
    [1, 2, 3].map((number) => ({ pass: stage.epoch, envelope: envelope(number), ttl: 60 })),
  );
  await stage.device.receives(3);
  return { ...stage, outcomes, ids: stage.device.messages.map(({ id }) => id) };
}

describe("a device that vanishes with messages in flight", () => {
  const ends: [how: string, end: (device: Device) => void][] = [
    ["closes its socket", (device) => device.close()],
    ["breaks off with a frame that is not the protocol's", (device) => device.send(Uint8Array.of(0x99))],
  ];
  it.each(ends)("and %s leaves them held, at once and in order", async (_, end) => {
    const { stub, device, nonce, outcomes, ids } = await inFlight();
    const began = performance.now();
    end(device);
    for (const outcome of await outcomes) expect(outcome).toEqual(HELD);
    expect(performance.now() - began).toBeLessThan(LIVE_DEADLINE - 50);
    expect(await idsHeld(stub)).toEqual(ids);
    const again = await Device.connect(stub, nonce());
    await again.caughtUp();
    expect(again.messages.map(({ id }) => id)).toEqual(ids);
  });

  it("by a newer socket of its own is shown them there, before anything that comes after", async () => {
    const { stub, epoch, device, nonce, outcomes, ids } = await inFlight();
    const newer = await Device.connect(stub, nonce());
    newer.acknowledgeAll();
    expect(await stub.deposit(epoch, envelope(4), 60)).toEqual({ outcome: "delivered" });
    expect(newer.numbers).toEqual([1, 2, 3, 4]);
    expect(newer.messages.slice(0, 3).map(({ id }) => id)).toEqual(ids);
    for (const outcome of await outcomes) expect(outcome).toEqual(HELD);
    expect(device.closeCode).toBe(CLOSE.replaced.code);
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("over the very frame leaves it held once", async () => {
    const { stub, epoch } = await live();
    await inStorage(stub, (_, state) => {
      const [socket] = state.getWebSockets();
      if (socket === undefined) throw new Error("no socket");
      vi.spyOn(socket, "send").mockImplementation(() => {
        throw new Error("broken pipe");
      });
    });
    const began = performance.now();
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(HELD);
    expect(performance.now() - began).toBeLessThan(LIVE_DEADLINE - 50);
    expect(await rows(stub, "message")).toHaveLength(1);
  });

  it("with the mailbox leaves nothing: only the device knows what it took", async () => {
    const { stub, consentId, nonce, outcomes } = await inFlight();
    await stub.withdraw(consentId, nonce());
    for (const outcome of await outcomes) expect(outcome).toEqual({ outcome: "undecided" });
    expect(await stub.status()).toEqual({ outcome: "no-consent" });
  });
});

describe("messages in flight", () => {
  it("are held though their token is rotated: they had been let in", async () => {
    const { stub, nonce, outcomes } = await inFlight();
    await stub.rotateDeliveryToken(nonce());
    for (const outcome of await outcomes) expect(outcome).toEqual(HELD);
  });

  it("are each told what became of it: those taken before the deadline are delivered", async () => {
    const { stub, device, outcomes, ids } = await inFlight();
    device.acknowledge(ids[1] ?? 0);
    expect(await outcomes).toEqual([HELD, { outcome: "delivered" }, HELD]);
    expect(await idsHeld(stub)).toEqual([ids[0], ids[2]]);
  });

  it("are counted once when they are held, also right after the alarm", async () => {
    const { stub, outcomes } = await inFlight();
    await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
    await outcomes;
    expect(await stub.status()).toMatchObject({ messages: 3, bytes: 3 * 2048 });
  });

  it("are unavailable when storage fails at the deadline, and may be sent again", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { stub, epoch, device } = await live();
    const mend = await failWrites(stub);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual({ outcome: "unavailable" });
    mend();
    expect(await rows(stub, "message")).toEqual([]);
    expect(await stub.deposit(epoch, envelope(1), 60)).toEqual(HELD);
    await device.receives(2);
    const [lost = 0, held = 0] = device.messages.map(({ id }) => id);
    device.acknowledge(lost, held);
    await device.confirms(2);
    expect(device.erased).toEqual([
      { id: lost, erased: false },
      { id: held, erased: true },
    ]);
  });

  it("are unavailable when storage fails as the socket ends", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const { stub, device, outcomes } = await inFlight();
    const mend = await failWrites(stub);
    device.close();
    for (const outcome of await outcomes) expect(outcome).toEqual({ outcome: "unavailable" });
    mend();
    expect(await rows(stub, "message")).toEqual([]);
  });
});

describe("a deadline and an acknowledgement in one turn", () => {
  /** Runs `work` in one turn of the object, with the device's frame and the deadline's own timer at hand. */
  async function inOneTurn(work: (acknowledge: () => void, deadline: () => void) => void) {
    const stage = await live();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const outcome = stage.stub.deposit(stage.epoch, envelope(1), 60);
    await stage.device.receives(1);
    const id = stage.device.messages[0]?.id ?? 0;
    await runInDurableObject(stage.stub, (mailbox: Mailbox, state) => {
      const [socket] = state.getWebSockets();
      const frame = encodeAcknowledge([id]).slice().buffer;
      work(
        () => socket && mailbox.webSocketMessage(socket, frame),
        () => void vi.advanceTimersByTime(LIVE_DEADLINE),
      );
    });
    await stage.device.confirms(1);
    return { ...stage, outcome: await outcome };
  }

  it("is delivered when the acknowledgement is first", async () => {
    const { stub, device, outcome } = await inOneTurn((acknowledge, deadline) => {
      acknowledge();
      deadline();
    });
    expect(outcome).toEqual({ outcome: "delivered" });
    expect(device.erased[0]?.erased).toBe(true);
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("is held when the deadline is, and then taken from the table", async () => {
    const { stub, device, outcome } = await inOneTurn((acknowledge, deadline) => {
      deadline();
      acknowledge();
    });
    expect(outcome).toEqual(HELD);
    expect(device.erased[0]?.erased).toBe(true);
    expect(await rows(stub, "message")).toEqual([]);
  });
});
