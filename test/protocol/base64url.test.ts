import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";

describe("base64url", () => {
  it("agrees with Node's, both ways", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = encodeBase64url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        expect(decodeBase64url(text)).toEqual(bytes);
        expect(decodeBase64url(text, bytes.length)).toEqual(bytes);
        expect(decodeBase64url(text, bytes.length + 1)).toBeUndefined();
      }),
    );
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
