import { describe, expect, it } from "vitest";
import { Reader } from "../../src/local/demo/reader.ts";
import type { DepositAnswer, RevokedAnswer } from "../../src/protocol/answers.ts";
import { decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { MAX_HELD_BYTES } from "../../src/protocol/limits.ts";
import { pair, person, readAll } from "./person.ts";
import { anyEnvelope, deposit, RawDevice } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

const key = () => Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
const state = async (response: Promise<Response> | Response) =>
  ((await (await response).json()) as DepositAnswer).state;

describe("promise 7: the sender learns the truth", () => {
  const relay = useRelay();
  const ask = (device: RawDevice, path: string, method = "GET") =>
    fetch(`${device.origin}/v1/mailboxes/${device.address}/messages/${path}`, {
      method,
      headers: { authorization: `Bearer ${device.deliveryToken}` },
    });

  it("held when the device is away, delivered when it acknowledges in time", async () => {
    const [ann, bo] = await pair(relay().origin);
    expect((await ann.send(bo.address, "away")).state).toBe("held");
    const reader = new Reader(bo);
    await reader.next();
    expect((await ann.send(bo.address, "here")).state).toBe("delivered");
    await reader.next();
    await reader.close();
  });

  it("a revocable deposit: held, then delivered on acknowledgement, and never revoked after", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const name = key();
    const envelope = anyEnvelope();
    expect(await state(deposit(device, envelope, { key: name }))).toBe("held");
    expect(await state(deposit(device, envelope, { key: name }))).toBe("held");
    expect(await state(ask(device, name))).toBe("held");
    const socket = await device.connect();
    const frame = decodeRelayFrame(await socket.next());
    if (frame?.kind !== "message") throw new Error("a message expected");
    expect(frame.revocable).toBe(true);
    socket.send(encodeAcknowledge([frame.id]));
    await socket.next();
    socket.close();
    expect(await state(ask(device, name))).toBe("delivered");
    expect(await state(deposit(device, envelope, { key: name }))).toBe("delivered");
    const revoke = await ask(device, name, "DELETE");
    expect(revoke.status).toBe(409);
    expect(await revoke.json()).toMatchObject({ code: "already-delivered" });
  });

  it("revoked with a proof, repeatably, and good against copies that arrive later", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const early = key();
    const late = key();
    await deposit(device, anyEnvelope(), { key: early });
    const proofs = [];
    for (const name of [early, early, late]) {
      const response = await ask(device, name, "DELETE");
      expect(response.status).toBe(200);
      proofs.push(((await response.json()) as RevokedAnswer).proof);
    }
    expect(proofs[0]).toBe(proofs[1]);
    expect(proofs[0]).not.toBe(proofs[2]);
    expect(await state(deposit(device, anyEnvelope(), { key: late }))).toBe("revoked");
    expect(await state(ask(device, early))).toBe("revoked");
    const pulled = await device.signed("GET", "/v1/mailbox/messages");
    expect(await pulled.json()).toEqual({ messages: [], more: false });
  });

  it("when acknowledge and revoke race, exactly one wins, and both sides are told the same", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const socket = await device.connect();
    await socket.next();
    for (let round = 0; round < 20; round++) {
      const name = key();
      await deposit(device, anyEnvelope(), { key: name });
      const frame = decodeRelayFrame(await socket.next());
      if (frame?.kind !== "message") throw new Error("a message expected");
      const revoking = ask(device, name, "DELETE");
      if (round % 2 === 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      socket.send(encodeAcknowledge([frame.id]));
      const answer = decodeRelayFrame(await socket.next());
      if (answer?.kind !== "erased") throw new Error("an answer to the acknowledgement expected");
      const revoked = (await revoking).status === 200;
      expect(answer.results).toEqual([{ id: frame.id, erased: !revoked }]);
      expect(await state(ask(device, name))).toBe(revoked ? "revoked" : "delivered");
    }
    socket.close();
  });

  it("expired, when its time ended first", async () => {
    const device = await RawDevice.consenting(relay().origin);
    const name = key();
    await deposit(device, anyEnvelope(), { key: name, ttl: "1" });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await state(ask(device, name))).toBe("expired");
  });

  it("refused when the mailbox is full, and nothing in it is trimmed to make room", async () => {
    const device = await RawDevice.consenting(relay().origin);
    for (let bytes = 0; bytes < MAX_HELD_BYTES; bytes += 65536)
      expect((await deposit(device, anyEnvelope(65536))).status).toBe(201);
    const refused = await deposit(device, anyEnvelope());
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: "mailbox-full" });
    const status = await device.signed("GET", "/v1/mailbox");
    expect(await status.json()).toMatchObject({ messages: MAX_HELD_BYTES / 65536, bytes: MAX_HELD_BYTES });
  });

  it("through the SDK: revoked before it was read, delivered after, and the reader sees only the second", async () => {
    const [ann, bo] = await pair(relay().origin);
    const first = await ann.send(bo.address, "never shown", { revocable: true });
    expect(await ann.revoke(first.id)).toMatchObject({
      state: "revoked",
      proof: expect.stringMatching(/^ey/),
    });
    const second = await ann.send(bo.address, "shown", { revocable: true });
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["shown"]);
    expect((await ann.state(second.id)).state).toBe("delivered");
    expect((await ann.revoke(second.id)).state).toBe("delivered");
  });

  it("to somebody who left, a text is refused", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "hello");
    await bo.withdraw();
    expect(await ann.send(bo.address, "still there?")).toMatchObject({
      state: "refused",
      problem: "not-authorized",
    });
  });

  it("short lives are not rounded away: 1 s is held, 0 reaches who is there", async () => {
    const [ann, bo] = await pair(relay().origin);
    await ann.send(bo.address, "founding");
    for (let i = 0; i < 5; i++)
      expect((await ann.send(bo.address, `short ${i}`, { ttlSeconds: 1 })).state).toBe("held");
    const reader = new Reader(bo);
    await reader.next();
    await eventually(
      async () => (await ann.send(bo.address, "now", { ttlSeconds: 0 })).state === "delivered",
    );
    await reader.close();
  });

  it("of what may have arrived, and is over, it is told that it is undecided", async () => {
    let failing = "";
    const flaky = (async (input, init) => {
      const answer = await fetch(input, init);
      if (init?.method === failing && String(input).includes("/messages")) throw new TypeError("answer lost");
      return answer;
    }) as typeof fetch;
    let ahead = 0;
    const now = () => Date.now() + ahead;
    const bo = await person(relay().origin);
    const ann = await person(relay().origin, { platform: { fetch: flaky, now } });
    await ann.add(bo.card());
    await ann.send(bo.address, "founding");
    const over = async (text: string, revocable: boolean) => {
      failing = revocable ? "PUT" : "POST";
      const sent = await ann.send(bo.address, text, { ttlSeconds: 20, revocable });
      expect(sent.state).toBe("queued");
      expect((await readAll(bo)).map((read) => read.text)).toContain(text);
      failing = "";
      ahead += 30_000;
      await ann.flush();
      return (await ann.state(sent.id)).state;
    };
    expect(await over("perhaps", false)).toBe("undecided");
    // A revocable one can be asked about: no need to guess.
    expect(await over("revocable", true)).toBe("delivered");
  });

  it("what the relay could not take at first is tried again while the line is up", async () => {
    let down = false;
    const flaky = (async (input, init) => {
      if (down && String(input).endsWith("/messages")) throw new TypeError("no route");
      return fetch(input, init);
    }) as typeof fetch;
    const bo = await person(relay().origin);
    const ann = await person(relay().origin, { platform: { fetch: flaky } });
    await ann.add(bo.card());
    const reader = new Reader(ann);
    await reader.live();
    down = true;
    const sent = await ann.send(bo.address, "in the end");
    expect(sent.state).toBe("queued");
    down = false;
    await eventually(async () => (await ann.state(sent.id)).state === "held");
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["in the end"]);
    await reader.close();
  });
});
