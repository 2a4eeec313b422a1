import { concatBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeDeviceFrame,
  decodeRelayFrame,
  encodeAcknowledge,
  encodeRelayFrame,
  MAX_DEVICE_FRAME,
  type RelayFrame,
} from "../../src/protocol/frames.ts";

const body = new Uint8Array(2048).fill(7);
body[0] = 1;
const octets = (...values: number[]) => Uint8Array.from(values);

/** Each frame as the drawing in frames.ts has it. */
const DRAWN: [name: string, frame: RelayFrame, bytes: Uint8Array][] = [
  [
    "a message",
    { kind: "message", id: 0x0102, heldUntil: 0x030405, revocable: false, body },
    concatBytes(octets(1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 3, 4, 5), body),
  ],
  [
    "a revocable message",
    { kind: "message", id: 1, heldUntil: 2, revocable: true, body },
    concatBytes(octets(1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2), body),
  ],
  ["caught-up", { kind: "caught-up" }, octets(2)],
  [
    "erased",
    {
      kind: "erased",
      results: [
        { id: 5, erased: true },
        { id: 6, erased: false },
      ],
    },
    octets(3, 0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 6, 2),
  ],
  ["a changed notice", { kind: "notice", what: "notice-changed" }, octets(4, 1)],
  ["a claimed number", { kind: "notice", what: "number-claimed" }, octets(4, 2)],
];

describe("a frame of the relay's", () => {
  it.each(DRAWN)("%s is drawn octet by octet, and reads back", (_, frame, bytes) => {
    expect(encodeRelayFrame(frame)).toEqual(bytes);
    expect(decodeRelayFrame(bytes)).toEqual(frame);
  });

  it.each(DRAWN)("%s cut short or with octets left over is refused", (_, __, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const read = decodeRelayFrame(bytes.subarray(0, length));
      // Results of an erased frame cut between two of them are a shorter frame.
      const boundary = bytes[0] === 3 && length === 10;
      if (!boundary) expect(read, `${length}`).toBeUndefined();
    }
    expect(decodeRelayFrame(concatBytes(bytes, octets(0)))).toBeUndefined();
  });

  it("of another kind, flag, outcome, or with an integer that is none is refused", () => {
    const message = (change: (bytes: Uint8Array) => void) => {
      const bytes = encodeRelayFrame({ kind: "message", id: 1, heldUntil: 2, revocable: false, body });
      change(bytes);
      return bytes;
    };
    const refused = {
      "unknown kind": octets(5),
      "notice of nothing": octets(4, 0),
      "notice of something unknown": octets(4, 3),
      "device's kind": encodeAcknowledge([1]),
      "unknown flag": message((bytes) => bytes.set([2], 1)),
      "unknown flag beside a known one": message((bytes) => bytes.set([3], 1)),
      "id above 2^53 - 1": message((bytes) => bytes.set([0, 0x20], 2)),
      "heldUntil above 2^53 - 1": message((bytes) => bytes.set([0, 0x20], 10)),
      "body of another version": message((bytes) => bytes.set([2], 18)),
      "erased without results": octets(3),
      "outcome 0": octets(3, 0, 0, 0, 0, 0, 0, 0, 5, 0),
      "outcome 3": octets(3, 0, 0, 0, 0, 0, 0, 0, 5, 3),
    };
    for (const [why, bytes] of Object.entries(refused)) expect(decodeRelayFrame(bytes), why).toBeUndefined();
  });

  it("is read from a view into a larger buffer", () => {
    for (const [, frame, bytes] of DRAWN) {
      const around = concatBytes(octets(9, 9, 9), bytes, octets(9));
      expect(decodeRelayFrame(around.subarray(3, 3 + bytes.length))).toEqual(frame);
    }
  });
});

describe("a frame of a device's", () => {
  it("is drawn octet by octet, and reads back", () => {
    const bytes = octets(0x81, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 7);
    expect(encodeAcknowledge([256, 7])).toEqual(bytes);
    expect(decodeDeviceFrame(bytes)).toEqual({ kind: "acknowledge", ids: [256, 7] });
  });

  it("has from 1 to 256 ids", () => {
    const ids = Array.from({ length: 256 }, (_, i) => i);
    const largest = encodeAcknowledge(ids);
    expect(largest.length).toBe(MAX_DEVICE_FRAME);
    expect(decodeDeviceFrame(largest)).toEqual({ kind: "acknowledge", ids });
    expect(decodeDeviceFrame(concatBytes(largest, new Uint8Array(8)))).toBeUndefined();
    expect(decodeDeviceFrame(octets(0x81))).toBeUndefined();
    expect(() => encodeAcknowledge([])).toThrow(RangeError);
    expect(() => encodeAcknowledge([...ids, 256])).toThrow(RangeError);
  });

  it("cut within an id, of another kind, or with an id that is none is refused", () => {
    const whole = encodeAcknowledge([1]);
    for (let length = 0; length < whole.length; length++)
      expect(decodeDeviceFrame(whole.subarray(0, length)), `${length}`).toBeUndefined();
    expect(decodeDeviceFrame(octets(0x82, 0, 0, 0, 0, 0, 0, 0, 1))).toBeUndefined();
    expect(decodeDeviceFrame(octets(0x81, 0, 0x20, 0, 0, 0, 0, 0, 0))).toBeUndefined();
  });
});

describe("any octets", () => {
  const kinds = fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x81, 0x00);
  const bytes = fc
    .tuple(kinds, fc.uint8Array({ maxLength: 40, max: 3 }))
    .map(([kind, rest]) => concatBytes(octets(kind), rest));

  it("never throw, and what is read is written the same", () => {
    fc.assert(
      fc.property(fc.oneof(bytes, fc.uint8Array()), (any) => {
        const relay = decodeRelayFrame(any);
        if (relay !== undefined) expect(encodeRelayFrame(relay)).toEqual(any);
        const device = decodeDeviceFrame(any);
        if (device !== undefined) expect(encodeAcknowledge(device.ids)).toEqual(any);
      }),
      { numRuns: 1000 },
    );
  });

  it("of any frame read back", () => {
    const id = fc.maxSafeNat();
    const erased = fc.record({ id, erased: fc.boolean() });
    fc.assert(
      fc.property(
        fc.array(erased, { minLength: 1, maxLength: 20 }),
        id,
        id,
        fc.boolean(),
        (results, a, b, flag) => {
          const frames: RelayFrame[] = [
            { kind: "erased", results },
            { kind: "message", id: a, heldUntil: b, revocable: flag, body },
          ];
          for (const frame of frames) expect(decodeRelayFrame(encodeRelayFrame(frame))).toEqual(frame);
        },
      ),
    );
  });
});
