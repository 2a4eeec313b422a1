import { randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeEnvelope,
  ENVELOPE_HEADER_SIZE,
  encodeEnvelope,
  isEnvelope,
  MAX_ENVELOPE_SIZE,
  SIZE_CLASSES,
  sizeClass,
} from "../../src/protocol/envelope.ts";

describe("an envelope", () => {
  it("is drawn as version, tag and sealed octets, and reads back", () => {
    for (const size of SIZE_CLASSES) {
      const tag = randomBytes(16);
      const sealed = randomBytes(size - ENVELOPE_HEADER_SIZE);
      const bytes = encodeEnvelope(tag, sealed);
      expect(bytes.length).toBe(size);
      expect(bytes[0]).toBe(1);
      expect(bytes.slice(1, 17)).toEqual(tag);
      expect(bytes.slice(17)).toEqual(sealed);
      expect(decodeEnvelope(bytes)).toEqual({ tag, sealed });
    }
  });

  it("has one of six sizes, each the double of the one before", () => {
    expect(SIZE_CLASSES).toEqual([2, 4, 8, 16, 32, 64].map((kib) => kib * 1024));
    expect(MAX_ENVELOPE_SIZE).toBe(Math.max(...SIZE_CLASSES));
  });

  it("finds the smallest size that holds what it must", () => {
    for (const [size, expected] of [
      [0, 2048],
      [2048, 2048],
      [2049, 4096],
      [65536, 65536],
      [65537, undefined],
    ])
      expect(sizeClass(size ?? 0)).toBe(expected);
  });

  it("of another size or version is refused", () => {
    for (const size of SIZE_CLASSES) {
      for (const wrong of [size - 1, size + 1]) {
        const bytes = new Uint8Array(wrong).fill(1);
        expect(isEnvelope(bytes), `${wrong}`).toBe(false);
        expect(decodeEnvelope(bytes)).toBeUndefined();
      }
      for (const version of [0, 2, 255]) {
        const bytes = new Uint8Array(size).fill(version);
        expect(decodeEnvelope(bytes), `version ${version}`).toBeUndefined();
      }
    }
    expect(isEnvelope(new Uint8Array())).toBe(false);
  });

  it("is not made with a wrong tag or of a size that is none", () => {
    expect(() => encodeEnvelope(new Uint8Array(15), new Uint8Array(2048 - 16))).toThrow(RangeError);
    expect(() => encodeEnvelope(new Uint8Array(16), new Uint8Array(2048))).toThrow(RangeError);
    expect(() => encodeEnvelope(new Uint8Array(16), new Uint8Array())).toThrow(RangeError);
  });

  it("decodes and encodes to the same octets, and no octets throw", () => {
    const size = fc.constantFrom(0, 1, 17, 2047, 2048, 4096);
    fc.assert(
      fc.property(size, fc.nat(3), fc.nat(255), (length, version, fill) => {
        const bytes = new Uint8Array(length).fill(fill);
        if (length > 0) bytes[0] = version;
        const envelope = decodeEnvelope(bytes);
        expect(envelope !== undefined).toBe(length >= 2048 - 1 && length !== 2047 && version === 1);
        if (envelope) expect(encodeEnvelope(envelope.tag, envelope.sealed)).toEqual(bytes);
      }),
    );
  });
});
