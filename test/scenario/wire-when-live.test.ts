import { describe, expect, it, vi } from "vitest";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Reader } from "../../src/local/demo/reader.ts";
import { readEveryFile, readMailboxes } from "../../src/local/storage.ts";
import type { DepositAnswer } from "../../src/protocol/answers.ts";
import { decodeDeviceFrame, decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { person } from "./person.ts";
import { anyEnvelope, deposit, RawDevice, type RawSocket } from "./raw-device.ts";
import { eventually, useRelay } from "./relay.ts";

describe("promise 3: a wire when live", () => {
  const relay = useRelay();
  const isOnDisk = async (envelope: Uint8Array) =>
    (await readEveryFile(relay().state)).some(({ bytes }) =>
      bytes.includes(Buffer.from(envelope.subarray(17, 49))),
    );
  const held = async () =>
    (await readMailboxes(relay().state)).flatMap(({ message = [] }) => message.map(({ body }) => body));

  /** A device that has caught up. */
  async function connected(): Promise<{ device: RawDevice; socket: RawSocket }> {
    const device = await RawDevice.consenting(relay().origin);
    const socket = await device.connect();
    expect(decodeRelayFrame(await socket.next())).toEqual({ kind: "caught-up" });
    return { device, socket };
  }
  async function nextMessage(socket: RawSocket) {
    for (;;) {
      const frame = decodeRelayFrame(await socket.next());
      if (frame?.kind === "message") return frame;
    }
  }
  const answer = async (response: Promise<Response>) => (await (await response).json()) as DepositAnswer;

  it("what a live device takes is never on the disk, not even as something erased", async () => {
    const { device, socket } = await connected();
    const passing = anyEnvelope();
    const passed = answer(deposit(device, passing));
    socket.send(encodeAcknowledge([(await nextMessage(socket)).id]));
    expect(await passed).toEqual({ state: "delivered" });
    const waiting = anyEnvelope();
    expect(await answer(deposit(device, waiting))).toMatchObject({ state: "held" });
    // The look finds what was written.
    expect(await isOnDisk(waiting)).toBe(true);
    expect(await isOnDisk(passing)).toBe(false);
    socket.close();
  });

  it("what it does not take is held in order when it goes, and shown again under the same ids", async () => {
    const { device, socket } = await connected();
    const envelopes = [1, 2, 3].map(() => anyEnvelope());
    const answers: Promise<DepositAnswer>[] = [];
    const ids: number[] = [];
    for (const envelope of envelopes) {
      answers.push(answer(deposit(device, envelope)));
      ids.push((await nextMessage(socket)).id);
    }
    socket.close();
    for (const one of answers) expect(await one).toMatchObject({ state: "held" });
    const again = await device.connect();
    for (const [i, envelope] of envelopes.entries())
      expect(await nextMessage(again)).toMatchObject({ id: ids[i], body: envelope });
    again.close();
  });

  it("a newer socket is shown it before anything that came after", async () => {
    const { device, socket } = await connected();
    const envelopes = [anyEnvelope(), anyEnvelope()];
    const first = answer(deposit(device, envelopes[0] ?? new Uint8Array()));
    await nextMessage(socket);
    const newer = await device.connect();
    const second = answer(deposit(device, envelopes[1] ?? new Uint8Array()));
    for (const body of envelopes) {
      const message = await nextMessage(newer);
      expect(message.body).toEqual(body);
      newer.send(encodeAcknowledge([message.id]));
    }
    expect((await first).state).toBe("held");
    expect((await second).state).toBe("delivered");
    await eventually(async () => !(await held()).some((body) => envelopes.some((one) => same(one, body))));
    newer.close();
  });

  it("a crash with a message in flight is no answer, and the same again is taken", async () => {
    const { device, socket } = await connected();
    const envelope = anyEnvelope();
    const failing = deposit(device, envelope).then(
      ({ status }) => status,
      () => "no answer",
    );
    await nextMessage(socket);
    await relay().crash();
    expect([500, 502, 503, "no answer"]).toContain(await failing);
    expect((await held()).some((body) => same(envelope, body))).toBe(false);
    expect(await answer(deposit(device, envelope))).toMatchObject({ state: "held" });
  });

  it("the SDK acknowledges all that it took together in one frame, and one alone at once", async () => {
    const acknowledged: number[] = [];
    let arrived = 0;
    class Watched extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener("message", ({ data }) => {
          if (data instanceof ArrayBuffer && new Uint8Array(data)[0] === 0x01) arrived++;
        });
      }
      override send(data: Parameters<WebSocket["send"]>[0]): void {
        const frame = data instanceof Uint8Array ? decodeDeviceFrame(data) : undefined;
        if (frame !== undefined) acknowledged.push(frame.ids.length);
        super.send(data);
      }
    }
    const vault = new MemoryVault();
    const ann = await person(relay().origin);
    const bo = await person(relay().origin, { vault, platform: { WebSocket: Watched } });
    await ann.add(bo.card());
    for (let i = 0; i < 6; i++) await ann.send(bo.address, `text ${i}`);
    // The first is worked on until all have come.
    const { checkpoint } = vault;
    const slow = vi.spyOn(vault, "checkpoint").mockImplementation(async () => {
      await eventually(() => arrived === 6);
      await checkpoint.call(vault);
    });
    const reader = new Reader(bo);
    for (let i = 0; i < 6; i++) expect((await reader.next()).text).toBe(`text ${i}`);
    slow.mockRestore();
    expect(acknowledged).toEqual([1, 5]);
    expect((await ann.send(bo.address, "and one more")).state).toBe("delivered");
    expect((await reader.next()).text).toBe("and one more");
    expect(acknowledged).toEqual([1, 5, 1]);
    await reader.close();
  });
});

function same(envelope: Uint8Array, body: unknown): boolean {
  return body instanceof Uint8Array && Buffer.compare(envelope, body) === 0;
}
