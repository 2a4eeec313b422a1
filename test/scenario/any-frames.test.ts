import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMailboxes } from "../../src/local/storage.ts";
import { decodeDeviceFrame, decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { anyEnvelope, deposit, RawDevice, type RawSocket } from "./raw-device.ts";
import { useRelay } from "./relay.ts";

const HELD = 12;

describe("any bytes on the socket", () => {
  const relay = useRelay();
  const heldIds = async () =>
    (await readMailboxes(relay().state))
      .flatMap(({ message = [], revocable_deposit = [] }) => [
        ...message,
        ...revocable_deposit.filter(({ state }) => state === "held"),
      ])
      .map(({ id }) => Number(id))
      .sort((a, b) => a - b);

  it("close it, or acknowledge what they name: nothing else is ever erased", async () => {
    const device = await RawDevice.consenting(relay().origin);
    for (let i = 0; i < HELD; i++) {
      const key = i % 2 === 0 ? {} : { key: `${"a".repeat(20)}${i.toString(16)}A` };
      expect((await deposit(device, anyEnvelope(), key)).status).toBe(201);
    }
    const ids = await heldIds();
    expect(ids).toHaveLength(HELD);

    let left = ids;
    let socket: RawSocket | undefined;
    const heard = async (open: RawSocket, kind: string) => {
      for (;;) {
        const frame = decodeRelayFrame(await open.next());
        if (frame === undefined) throw new Error("not a relay frame");
        if (frame.kind === kind) return frame;
      }
    };
    const id = fc.oneof(fc.constantFrom(...ids), fc.nat(), fc.maxSafeNat());
    const acknowledge = fc.array(id, { minLength: 1, maxLength: 4 }).map(encodeAcknowledge);
    const frame = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.uint8Array({ maxLength: 40 }).map((rest) => Uint8Array.of(0x81, ...rest)),
      fc.tuple(acknowledge, fc.nat(40)).map(([bytes, end]) => bytes.slice(0, end)),
      fc.tuple(acknowledge, fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
        const changed = bytes.slice();
        changed[at % changed.length] = octet;
        return changed;
      }),
      acknowledge,
    );
    let closed = 0;
    await fc.assert(
      fc.asyncProperty(frame, async (bytes) => {
        if (socket === undefined) {
          socket = await device.connect();
          await heard(socket, "caught-up");
        }
        socket.send(bytes);
        const named = decodeDeviceFrame(bytes)?.ids;
        if (named === undefined) {
          expect((await socket.closed).code).toBe(4001);
          socket = undefined;
          closed++;
        } else {
          const answer = await heard(socket, "erased");
          expect(answer).toMatchObject({ results: named.map((each) => ({ id: each })) });
          left = left.filter((each) => !named.includes(each));
        }
        expect(await heldIds()).toEqual(left);
      }),
      // What went before matters: a smaller example would be another story.
      { numRuns: 120, endOnFailure: true },
    );
    expect([closed > 0, left.length < HELD]).toEqual([true, true]);
    socket?.close();
  });
});
