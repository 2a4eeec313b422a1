/** Acknowledgements that wait for the end of their turn: whatever comes meanwhile came after them. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CLOSE } from "../../../src/protocol/close.ts";
import { encodeAcknowledge } from "../../../src/protocol/frames.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { Device, envelope, inStorage, openMailbox, randomKey, rows } from "./stage.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A silent device that was shown three held messages, the last of them revocable. */
async function shown() {
  const stage = await openMailbox();
  const { stub, epoch } = stage;
  const key = randomKey();
  await stub.deposit(epoch, envelope(0), 60);
  await stub.deposit(epoch, envelope(1), 60);
  await stub.depositRevocable(epoch, key, envelope(2), 60);
  const device = await Device.connect(stub, stage.nonce());
  await device.caughtUp();
  const ids = device.messages.map(({ id }) => id);
  return { ...stage, key, device, ids };
}

type Shown = Awaited<ReturnType<typeof shown>>;

/**
 * From here on turns end only when the test says so. The first id is acknowledged by itself, which begins a turn, and
 * `rest` within it.
 */
async function acknowledge({ stub, ids }: Shown, rest: readonly number[]): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  await runInDurableObject(stub, async (mailbox: Mailbox, state) => {
    const [socket] = state.getWebSockets();
    if (socket === undefined) throw new Error("no socket");
    const say = (id: number) => mailbox.webSocketMessage(socket, encodeAcknowledge([id]).slice().buffer);
    await say(ids[0] ?? 0);
    for (const id of rest) void say(id);
  });
}

function turnEnds({ stub }: Shown): Promise<void> {
  return runInDurableObject(stub, () => void vi.advanceTimersByTime(0));
}

describe("acknowledgements that wait for their turn's end", () => {
  it("are written together, and confirmed each in its order", async () => {
    const stage = await shown();
    await acknowledge(stage, stage.ids.slice(1));
    await stage.device.confirms(1);
    expect(await rows(stage.stub, "message")).toHaveLength(1);
    await turnEnds(stage);
    await stage.device.confirms(3);
    expect(stage.device.erased).toEqual(stage.ids.map((id) => ({ id, erased: true })));
    expect(await rows(stage.stub, "message")).toEqual([]);
  });

  it("fail together: none is confirmed, and nothing is miscounted", async () => {
    const stage = await shown();
    const { stub, device, ids } = stage;
    await inStorage(stub, (sql) =>
      sql.exec(
        "CREATE TRIGGER broken BEFORE UPDATE ON revocable_deposit BEGIN SELECT RAISE(ABORT, 'broken disk'); END",
      ),
    );
    await acknowledge(stage, ids.slice(1));
    await turnEnds(stage);
    expect(await device.closed).toBe(CLOSE.unavailable.code);
    expect(device.erased).toEqual([{ id: ids[0], erased: true }]);
    expect(await rows(stub, "message")).toHaveLength(1);
    expect(await stub.status()).toMatchObject({ messages: 2, bytes: 4096 });
  });

  it("are written before a newer socket comes: it is not shown them, nor told of them", async () => {
    const stage = await shown();
    await acknowledge(stage, stage.ids.slice(1));
    const newer = await Device.connect(stage.stub, stage.nonce());
    await newer.caughtUp();
    await turnEnds(stage);
    expect(await stage.device.closed).toBe(CLOSE.replaced.code);
    expect(newer.numbers).toEqual([]);
    expect(newer.erased).toEqual([]);
    expect(await rows(stage.stub, "message")).toEqual([]);
  });

  it.each([
    ["ends", (mailbox: Mailbox, socket: WebSocket) => mailbox.webSocketClose(socket)],
    ["fails", (mailbox: Mailbox, socket: WebSocket) => mailbox.webSocketError(socket)],
  ])(
    "are written before their socket %s: who waits for what is in memory is told that it was delivered",
    async (_, end) => {
      const stage = await shown();
      const { stub, epoch, device, ids } = stage;
      const outcome = stub.deposit(epoch, envelope(3), 60);
      await device.receives(4);
      await acknowledge(stage, [...ids.slice(1), device.messages[3]?.id ?? 0]);
      await runInDurableObject(stub, (mailbox: Mailbox, state) => {
        for (const socket of state.getWebSockets()) end(mailbox, socket);
      });
      expect(await outcome).toEqual({ outcome: "delivered" });
      await turnEnds(stage);
      expect(await rows(stub, "message")).toEqual([]);
    },
  );

  it("are written before their socket is closed for nonsense: a text that is never held was delivered", async () => {
    const stage = await shown();
    const { stub, epoch, device, ids } = stage;
    const outcome = stub.deposit(epoch, envelope(3), 0);
    await device.receives(4);
    await acknowledge(stage, [...ids.slice(1), device.messages[3]?.id ?? 0]);
    device.send("nonsense");
    expect(await device.closed).toBe(CLOSE.malformedFrame.code);
    expect(await outcome).toEqual({ outcome: "delivered" });
    expect(device.erased).toHaveLength(4);
    await turnEnds(stage);
  });

  it.each([
    ["messages", { messages: [] }],
    ["status", { messages: 0 }],
  ] as const)("are written before the device asks for its %s", async (question, answer) => {
    const stage = await shown();
    await acknowledge(stage, stage.ids.slice(1));
    const { stub } = stage;
    expect(await (question === "status" ? stub.status() : stub.messages(10))).toMatchObject(answer);
  });

  it("are written before a revocation: it comes too late", async () => {
    const stage = await shown();
    await acknowledge(stage, stage.ids.slice(1));
    expect(await stage.stub.revoke(stage.epoch, stage.key)).toEqual({ outcome: "already-delivered" });
    await stage.device.confirms(3);
    expect(stage.device.erased.at(-1)).toEqual({ id: stage.ids[2], erased: true });
  });

  it.each(["any", "its consent"])(
    "are written before a withdrawal of %s: what it erases is what was not acknowledged",
    async (by) => {
      const stage = await shown();
      await acknowledge(stage, [stage.ids[1] ?? 0]);
      const { stub, consentId } = stage;
      const withdrawn = await (by === "any" ? stub.withdrawAny(stage.nonce()) : stub.withdraw(consentId));
      if (withdrawn.outcome !== "withdrawn") throw new Error(withdrawn.outcome);
      expect(decodeJwt(withdrawn.receipt)).toMatchObject({ erased: { messages: 0, revocableDeposits: 1 } });
      await turnEnds(stage);
      expect(stage.device.erased.map(({ id }) => id)).toEqual(stage.ids.slice(0, 2));
    },
  );
});

describe("an acknowledgement that wakes the mailbox when its tables can't be read", () => {
  it("is unavailable, and its socket is closed for the device to come back", async () => {
    const { stub, device, ids } = await shown();
    await inStorage(stub, (sql) => sql.exec("ALTER TABLE message RENAME TO elsewhere"));
    await evictDurableObject(stub);
    device.acknowledge(...ids);
    expect(await device.closed).toBe(CLOSE.unavailable.code);
    await evictDurableObject(stub);
    expect(await stub.acknowledge(ids)).toEqual({ outcome: "unavailable" });
    await inStorage(stub, (sql) => sql.exec("ALTER TABLE elsewhere RENAME TO message"));
    expect(await stub.acknowledge(ids)).toEqual({ outcome: "acknowledged", erased: ids });
  });
});
