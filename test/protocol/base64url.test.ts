import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64, encodeBase64url } from "../../src/protocol/base64url.ts";

describe("base64url", () => {
  it("agrees with Node's, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decodeBase64url(text)).toEqual(bytes);
        expect(decodeBase64url(text, bytes.length)).toEqual(bytes);
        expect(decodeBase64url(text, bytes.length + 1)).toBeUndefined();
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      }),
    );
    const long = Uint8Array.from({ length: 2 ** 20 + 1 }, (_, i) => i * 167);
    expect(encodeBase64url(long)).toBe(Buffer.from(long).toString("base64url"));
    expect(decodeBase64url(encodeBase64url(long))).toEqual(long);
  });

  it("takes each of the 64 characters for its value, and no other character for any", () => {
    const values = new Map<number, string>();
    for (let code = 0; code < 0x300; code++) {
      const character = String.fromCharCode(code);
      const value = decodeBase64url(`AAA${character}`)?.[2];
      if (value !== undefined) values.set(value, character);
    }
    expect([...values].sort(([a], [b]) => a - b).map(([value]) => value)).toEqual([...Array(64).keys()]);
    for (const [value, character] of values)
      expect(Buffer.from([value << 2]).toString("base64url")[0]).toBe(character);
  });

  it("takes unused bits only when they are zero", () => {
    for (let last = 0; last < 256; last++) {
      const character = Buffer.from([last & 0xfc]).toString("base64url")[0] ?? "";
      const value = last >> 2;
      expect(decodeBase64url(`A${character}`) !== undefined).toBe(value % 16 === 0);
      expect(decodeBase64url(`AA${character}`) !== undefined).toBe(value % 4 === 0);
    }
  });

  it("takes the one canonical spelling only", () => {
    expect(decodeBase64url("_-8")).toEqual(Uint8Array.of(0xff, 0xef));
    for (const bad of ["_-8=", "/+8", "_-9", " _-8", "_-8\n", "_", "_-8_-", "é"])
      expect(decodeBase64url(bad), bad).toBeUndefined();
  });

  it("never throws, and what it reads is spelled as it was", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        const bytes = decodeBase64url(text);
        return bytes === undefined || encodeBase64url(bytes) === text;
      }),
    );
  });
});
