import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Carrier } from "../../../src/client/depositing/carrier.ts";
import type { Outgoing } from "../../../src/client/depositing/deposit-socket.ts";
import { PLATFORM, type Platform } from "../../../src/client/transport.ts";
import { CLOSE } from "../../../src/protocol/close.ts";
import { MAX_SOCKET_DEPOSITS, MAX_UNANSWERED_DEPOSITS } from "../../../src/protocol/limits.ts";
import { PretendedSocket } from "./pretended-socket.ts";

const RELAY = "https://relay.example";
const HELD = { state: "held", heldUntil: 7 };

const item = (address = "a", size = 2048): Outgoing => ({
  ...{ address, bearer: "b", ttlSeconds: () => 60, envelope: new Uint8Array(size) },
});
const items = (count: number, address = "a") => Array.from({ length: count }, () => item(address));

let now = 0;
const platform: Platform = {
  ...PLATFORM,
  WebSocket: PretendedSocket as unknown as typeof WebSocket,
  now: () => now,
  depositsBySocket: true,
};
const made = () => {
  const socket = PretendedSocket.made.at(-1);
  if (socket === undefined) throw new Error("no socket was made");
  return socket;
};
/** Until what was asked for has left, and what was answered has arrived. */
const settle = () => vi.advanceTimersByTimeAsync(1);

beforeEach(() => {
  vi.useFakeTimers();
  PretendedSocket.made = [];
  now = 0;
});
afterEach(() => vi.useRealTimers());

describe("what leaves for one relay in the same moment", () => {
  it("leaves in one frame, once the socket is open, each run answered by itself", async () => {
    const carrier = new Carrier(platform);
    const one = carrier.carry(RELAY, items(2, "a"));
    const other = carrier.carry(RELAY, items(1, "b"));
    await settle();
    expect(PretendedSocket.made.map(({ url }) => url)).toEqual(["wss://relay.example/v1/deposits"]);
    made().open();
    expect(made().frames.map((frame) => frame.map(({ address }) => address))).toEqual([["a", "a", "b"]]);
    made().answer(made().unanswered.slice(2));
    expect(await other).toEqual([HELD]);
    made().answer(made().unanswered.slice(1), { state: "delivered" });
    made().answer(made().unanswered, { status: 429, code: "mailbox-full" });
    expect(await one).toEqual([{ status: 429, code: "mailbox-full" }, { state: "delivered" }]);
    carrier.close();
  });

  it("leaves by plain requests when it is one thing, and by a socket for each relay", async () => {
    const carrier = new Carrier(platform);
    expect(await Promise.all([carrier.carry(RELAY, [item()]), settle()])).toEqual([
      undefined,
      expect.anything(),
    ]);
    expect(PretendedSocket.made).toEqual([]);
    void carrier.carry(RELAY, items(2));
    void carrier.carry("http://127.0.0.1:9", items(2));
    await settle();
    expect(PretendedSocket.made.map(({ url }) => url)).toEqual([
      "wss://relay.example/v1/deposits",
      "ws://127.0.0.1:9/v1/deposits",
    ]);
    carrier.close();
  });

  it("keeps within the relay's window, and a run in one frame", async () => {
    const carrier = new Carrier(platform);
    const runs = Array.from({ length: 20 }, (_, i) => carrier.carry(RELAY, items(40, `${i}`)));
    await settle();
    made().open();
    while (made().unanswered.length > 0) {
      expect(made().unanswered.length).toBeLessThanOrEqual(MAX_UNANSWERED_DEPOSITS);
      made().answer(made().unanswered.slice(0, 7));
    }
    expect((await Promise.all(runs)).flat()).toHaveLength(800);
    for (const frame of made().frames)
      for (const address of new Set(frame.map((one) => one.address)))
        expect(frame.filter((one) => one.address === address)).toHaveLength(40);
    carrier.close();
  });

  it("asks for the TTL that is left when it leaves", async () => {
    const carrier = new Carrier(platform);
    let left = 60;
    void carrier.carry(RELAY, [{ ...item(), ttlSeconds: () => left }, item()]);
    await settle();
    left = 58;
    made().open();
    expect(made().frames[0]?.map(({ ttlSeconds }) => ttlSeconds)).toEqual([58, 60]);
    carrier.close();
  });

  it("leaves behind what is over when it leaves, and says so", async () => {
    const carrier = new Carrier(platform);
    const ofOneSecond = { ...item(), ttlSeconds: () => (now < 1000 ? 1 : undefined) };
    const over = carrier.carry(RELAY, [ofOneSecond, ofOneSecond]);
    const some = carrier.carry(RELAY, [ofOneSecond, item("b"), ofOneSecond]);
    await settle();
    now = 1500;
    made().open();
    expect(await over).toEqual(["unsent", "unsent"]);
    expect(
      made().frames.map((frame) => frame.map(({ address, ttlSeconds }) => [address, ttlSeconds])),
    ).toEqual([[["b", 60]]]);
    made().answer(made().unanswered);
    expect(await some).toEqual(["unsent", HELD, "unsent"]);
    carrier.close();
  });

  it("sends nothing when all of it is over", async () => {
    const carrier = new Carrier(platform);
    const over = carrier.carry(
      RELAY,
      [1, 2].map(() => ({ ...item(), ttlSeconds: () => undefined })),
    );
    await settle();
    made().open();
    expect([await over, made().frames]).toEqual([["unsent", "unsent"], []]);
    carrier.close();
  });

  it("takes another socket when one has taken as many as it may", async () => {
    const carrier = new Carrier(platform);
    for (let sent = 0; sent < MAX_SOCKET_DEPOSITS; sent += 250) {
      const done = carrier.carry(RELAY, items(250));
      await settle();
      if (sent === 0) made().open();
      made().answer(made().unanswered);
      expect(await done).toHaveLength(250);
    }
    expect(PretendedSocket.made).toHaveLength(1);
    void carrier.carry(RELAY, items(2));
    await settle();
    expect(PretendedSocket.made).toHaveLength(2);
    carrier.close();
    expect(PretendedSocket.made.map(({ closedWith }) => closedWith)).toEqual([1000, 1000]);
  });
});

describe("a socket that fails", () => {
  it("takes no more: the next goes by another", async () => {
    const carrier = new Carrier(platform);
    const run = carrier.carry(RELAY, items(2));
    await settle();
    made().open();
    made().answer(made().unanswered.slice(1));
    made().answer(made().unanswered, { status: 500, code: "internal" });
    expect(await run).toEqual([{ status: 500, code: "internal" }, HELD]);
    void carrier.carry(RELAY, items(2));
    await settle();
    expect(PretendedSocket.made).toHaveLength(2);
    carrier.close();
  });
});

describe("a socket that ends", () => {
  it("gives what was answered, and says what was sent and what was not", async () => {
    const carrier = new Carrier(platform);
    const sent = carrier.carry(RELAY, items(2));
    const full = Array.from({ length: 6 }, () => carrier.carry(RELAY, items(50)));
    await settle();
    made().open();
    made().answer(made().unanswered.slice(0, 1));
    made().lose();
    expect(await sent).toEqual([HELD, undefined]);
    const answers = await Promise.all(full);
    expect(answers.slice(0, 5).every((run) => run?.every((one) => one === undefined))).toBe(true);
    expect(answers[5]).toBeUndefined();
    expect(carrier.mayCarry(RELAY)).toBe(true);
  });

  it("is not waited for longer than an answer over HTTP, whatever else is answered meanwhile", async () => {
    const carrier = new Carrier(platform);
    const silent = carrier.carry(RELAY, items(2, "silent"));
    await settle();
    made().open();
    for (let second = 0; second < 19; second++) {
      const other = carrier.carry(RELAY, items(2, "other"));
      await settle();
      made().answer(made().unanswered.slice(2));
      expect(await other).toEqual([HELD, HELD]);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(made().closedWith).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await silent).toEqual([undefined, undefined]);
    expect(made().closedWith).toBe(1000);
  });

  it("is one that says what is not the protocol's, or answers what was not sent", async () => {
    for (const octets of [Uint8Array.of(7), Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 9, 1)]) {
      const carrier = new Carrier(platform);
      const run = carrier.carry(RELAY, items(2));
      await settle();
      made().open();
      made().say(octets);
      expect(await run).toEqual([undefined, undefined]);
      expect([made().closedWith, carrier.mayCarry(RELAY)]).toEqual([1000, false]);
    }
  });

  it("is closed from here when nothing more is sent, and another is opened for the next", async () => {
    const carrier = new Carrier(platform);
    const first = carrier.carry(RELAY, items(2));
    await settle();
    made().open();
    await vi.advanceTimersByTimeAsync(6000);
    expect(made().closedWith).toBeUndefined();
    made().answer(made().unanswered);
    expect(await first).toEqual([HELD, HELD]);
    await vi.advanceTimersByTimeAsync(6000);
    expect([made().closedWith, carrier.mayCarry(RELAY)]).toEqual([1000, true]);
    void carrier.carry(RELAY, items(2));
    await settle();
    expect(PretendedSocket.made).toHaveLength(2);
    carrier.close();
  });
});

describe("a socket that can't be opened", () => {
  const faults: Record<string, () => unknown> = {
    "is refused": () => made().lose(1006),
    breaks: () => void made().dispatchEvent(new Event("error")),
    "does not open for three seconds": () => vi.advanceTimersByTimeAsync(3001),
  };

  it.each(Object.entries(faults))("as it %s leaves all to plain requests, for a while", async (_, fault) => {
    const carrier = new Carrier(platform);
    const run = carrier.carry(RELAY, items(2));
    await settle();
    await fault();
    expect(await run).toBeUndefined();
    expect([carrier.mayCarry(RELAY), carrier.mayCarry("https://other.example")]).toEqual([false, true]);
    now += 59_999;
    expect(carrier.mayCarry(RELAY)).toBe(false);
    now++;
    expect(carrier.mayCarry(RELAY)).toBe(true);
    const again = carrier.carry(RELAY, items(2));
    await settle();
    made().lose(1006);
    expect(await again).toBeUndefined();
    now += 119_999;
    expect(carrier.mayCarry(RELAY)).toBe(false);
    now++;
    expect(carrier.mayCarry(RELAY)).toBe(true);
  });

  it("as the relay can't be reached at all, is tried again with the next", async () => {
    const carrier = new Carrier(platform);
    const run = carrier.carry(RELAY, items(2));
    await settle();
    made().lose(1006);
    expect(await run).toBeUndefined();
    carrier.noteUnreachable(RELAY);
    expect(carrier.mayCarry(RELAY)).toBe(true);
  });

  it("as the platform has none is no error", async () => {
    const none = class {
      constructor() {
        throw new TypeError("none here");
      }
    };
    const carrier = new Carrier({ ...platform, WebSocket: none as unknown as typeof WebSocket });
    const run = carrier.carry(RELAY, items(2));
    await settle();
    expect([await run, carrier.mayCarry(RELAY)]).toEqual([undefined, false]);
  });

  it("as the relay found this side at fault, is not tried again at once", async () => {
    const carrier = new Carrier(platform);
    const run = carrier.carry(RELAY, items(2));
    await settle();
    made().open();
    made().lose(CLOSE.overrun.code);
    expect([await run, carrier.mayCarry(RELAY)]).toEqual([[undefined, undefined], false]);
  });
});
