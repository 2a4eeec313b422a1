import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Reader } from "../../src/local/demo/reader.ts";
import { readMailboxes } from "../../src/local/storage.ts";
import type { ErasedAnswer, MessagesAnswer } from "../../src/protocol/answers.ts";
import { decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { pair, person, readAll } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

describe("promise 6: nothing accepted is lost", () => {
  const relay = useRelay();

  it("a restart between deposit and delivery loses nothing", async () => {
    const [ann, bo] = await pair(relay().origin);
    for (let i = 0; i < 5; i++) await ann.send(bo.address, `before ${i}`);
    await relay().restart();
    await ann.send(bo.address, "after");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual([
      "before 0",
      "before 1",
      "before 2",
      "before 3",
      "before 4",
      "after",
    ]);
  });

  it("a crash of workerd loses nothing that was answered with success", async () => {
    const [ann, bo] = await pair(relay().origin);
    const sent: string[] = [];
    for (let i = 0; i < 10; i++) {
      await ann.send(bo.address, `text ${i}`);
      sent.push(`text ${i}`);
    }
    await relay().crash();
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(sent);
  });

  it("an open inbox comes back by itself when the relay does", async () => {
    const [ann, bo] = await pair(relay().origin);
    const reader = new Reader(bo);
    await reader.live();
    await relay().restart();
    await ann.send(bo.address, "are you back?");
    expect((await reader.next()).text).toBe("are you back?");
    await reader.close();
  });

  it("a device that received and never acknowledged gets the message again", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const envelope = anyEnvelope();
    await deposit(device, envelope);
    for (let i = 0; i < 3; i++) {
      const socket = await device.connect();
      const frame = decodeRelayFrame(await socket.next());
      expect(frame).toMatchObject({ kind: "message", revocable: false });
      expect(frame?.kind === "message" && frame.body).toEqual(envelope);
      socket.close();
      await socket.closed;
    }
  });

  it("an acknowledgement sent twice is harmless, by socket and by HTTP", async () => {
    const device = await RawDevice.consenting(relay().origin);
    await deposit(device, anyEnvelope());
    await deposit(device, anyEnvelope());
    const socket = await device.connect();
    const first = decodeRelayFrame(await socket.next());
    const second = decodeRelayFrame(await socket.next());
    if (first?.kind !== "message" || second?.kind !== "message") throw new Error("two messages expected");
    expect(decodeRelayFrame(await socket.next())).toEqual({ kind: "caught-up" });
    socket.send(encodeAcknowledge([first.id]));
    expect(decodeRelayFrame(await socket.next())).toEqual({
      kind: "erased",
      results: [{ id: first.id, erased: true }],
    });
    socket.send(encodeAcknowledge([first.id]));
    expect(decodeRelayFrame(await socket.next())).toEqual({
      kind: "erased",
      results: [{ id: first.id, erased: false }],
    });
    const ids = [first.id, second.id, second.id];
    const again = await device.signed("DELETE", "/v1/mailbox/messages", { json: { ids } });
    expect(((await again.json()) as ErasedAnswer).erased).toEqual([second.id]);
    const once = await device.signed("GET", "/v1/mailbox/messages");
    expect((await once.json()) as MessagesAnswer).toEqual({ messages: [], more: false });
    socket.close();
  });

  it("a deposit whose answer was lost is sent again, and read once", async () => {
    let lose = 2;
    const flaky = (async (input, init) => {
      const response = await fetch(input, init);
      if (init?.method === "POST" && String(input).endsWith("/messages") && lose-- > 0)
        throw new TypeError("connection reset");
      return response;
    }) as typeof fetch;
    const bo = await person(relay().origin);
    const ann = await person(relay().origin, { platform: { fetch: flaky } });
    await ann.add(bo.card());
    expect((await ann.send(bo.address, "once")).state).toBe("queued");
    await ann.flush();
    await ann.flush();
    const copies = (await readMailboxes(relay().state)).flatMap(({ message = [] }) => message);
    expect(copies.length).toBeGreaterThanOrEqual(3);
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["once"]);
  });

  it("a text the app did not finish with comes again with the same id, also after a restart of the device", async () => {
    const vault = new MemoryVault();
    const ann = await person(relay().origin);
    const bo = await person(relay().origin, { vault });
    await ann.add(bo.card());
    await ann.send(bo.address, "read me");
    const first = await bo.inbox({ once: true }).next();
    const reopened = await Device.open({ vault });
    const [second] = await readAll(reopened);
    expect(second).toMatchObject({ id: first.value?.id, text: "read me" });
    expect(await readAll(reopened)).toEqual([]);
  });
});
