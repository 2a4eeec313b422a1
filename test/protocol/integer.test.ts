import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeInteger, encodeInteger } from "../../src/protocol/integer.ts";

describe("an integer on the wire", () => {
  it("is 8 octets, big-endian", () => {
    expect(encodeInteger(0)).toEqual(new Uint8Array(8));
    expect(encodeInteger(0x0102030405)).toEqual(Uint8Array.of(0, 0, 0, 1, 2, 3, 4, 5));
    expect(encodeInteger(2 ** 53 - 1)).toEqual(Uint8Array.of(0, 0x1f, 255, 255, 255, 255, 255, 255));
  });

  it("reads back as it was written, at any offset of any view", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.nat(9), (value, offset) => {
        const bytes = new Uint8Array(offset + 20);
        bytes.set(encodeInteger(value), offset + 3);
        expect(decodeInteger(bytes, offset + 3)).toBe(value);
        expect(decodeInteger(bytes.subarray(3), offset)).toBe(value);
      }),
    );
  });

  it("is refused above 2^53 - 1 and when it is cut short", () => {
    expect(decodeInteger(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0))).toBeUndefined();
    expect(decodeInteger(new Uint8Array(8).fill(255))).toBeUndefined();
    expect(decodeInteger(new Uint8Array(7))).toBeUndefined();
    expect(decodeInteger(new Uint8Array(8), 1)).toBeUndefined();
  });

  it("is not made from what is not a safe integer of 0 or more", () => {
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => encodeInteger(bad), String(bad)).toThrow(RangeError);
  });

  it("decodes and encodes to the same octets, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        const value = decodeInteger(bytes);
        if (value !== undefined) expect(encodeInteger(value)).toEqual(bytes);
      }),
    );
  });
});
