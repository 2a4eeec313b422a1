import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeChange, encodeChange } from "../../../src/client/vault/change.ts";

const names = fc.string({ unit: "binary" });
const changes = fc
  .array(fc.tuple(names, fc.option(fc.uint8Array(), { nil: undefined })))
  .map((entries) => new Map(entries));

describe("a change", () => {
  it("reads back as it was written", () => {
    fc.assert(
      fc.property(changes, (change) => {
        expect(decodeChange(encodeChange(change))).toEqual(change);
      }),
    );
  });

  it("is drawn octet by octet", () => {
    const change = new Map([
      ["ab", Uint8Array.of(9, 8)],
      ["é", undefined],
    ]);
    expect(encodeChange(change)).toEqual(
      Uint8Array.of(1, 0, 2, 0x61, 0x62, 0, 0, 0, 2, 9, 8, 2, 0, 2, 0xc3, 0xa9),
    );
  });

  it("cut short, or of octets that are no change, is refused and never throws", () => {
    const whole = encodeChange(new Map([["name", Uint8Array.of(1, 2, 3)]]));
    for (let length = 1; length < whole.length; length++)
      expect(decodeChange(whole.subarray(0, length)), `${length}`).toBeUndefined();
    for (const bad of [
      [0],
      [3, 0, 0],
      [2, 0, 1, 0xff],
      [2, 0, 1, 0x61, 2, 0, 1, 0x61],
      [1, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ])
      expect(decodeChange(Uint8Array.from(bad)), bad.join()).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const change = decodeChange(bytes);
        if (change !== undefined) expect(encodeChange(change)).toEqual(bytes);
      }),
    );
  });
});
