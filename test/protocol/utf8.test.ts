import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/protocol/utf8.ts";

describe("text on the wire", () => {
  it("reads back as it was written, byte order marks included", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(encodeUtf8(text)).toEqual(utf8ToBytes(text));
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      }),
    );
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\ufeffa");
  });

  it("that is not UTF-8 is refused: overlong, a surrogate, cut short, above U+10FFFF", () => {
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf4, 0x90, 0x80, 0x80]])
      expect(decodeUtf8(Uint8Array.from(bad)), bad.join()).toBeUndefined();
  });

  it("is the same octets again, and no octets throw", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = decodeUtf8(bytes);
        if (text !== undefined) expect(utf8ToBytes(text)).toEqual(bytes);
      }),
    );
  });
});
