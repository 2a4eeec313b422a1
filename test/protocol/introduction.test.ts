import { randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { parseDeliveryToken } from "../../src/protocol/delivery-token.ts";
import {
  formatIntroduction,
  INTRODUCTION_NONCE_SIZE,
  introductionDay,
  introductionInput,
  parseIntroduction,
} from "../../src/protocol/introduction.ts";

const anIntroduction = () => ({
  keyVersion: 1,
  nonce: randomBytes(INTRODUCTION_NONCE_SIZE),
  day: 20_782,
  output: randomBytes(64),
});

describe("an introduction", () => {
  it("is 119 characters of key version, nonce, day and output, and reads back", () => {
    for (const keyVersion of [1, 2, 255])
      for (const day of [0, 20_782, Number.MAX_SAFE_INTEGER]) {
        const introduction = { ...anIntroduction(), keyVersion, day };
        const text = formatIntroduction(introduction);
        expect(text).toHaveLength(119);
        const octets = Buffer.from(text, "base64url");
        expect(octets).toHaveLength(89);
        expect(octets[0]).toBe(keyVersion);
        expect(octets.subarray(1, 17)).toEqual(Buffer.from(introduction.nonce));
        expect(octets.readBigUInt64BE(17)).toBe(BigInt(day));
        expect(octets.subarray(25)).toEqual(Buffer.from(introduction.output));
        expect(parseIntroduction(text)).toEqual(introduction);
      }
  });

  it("of another length, spelling, version or day is refused", () => {
    const text = formatIntroduction(anIntroduction());
    for (const bad of ["", text.slice(1), `${text}A`, `${text}=`, ` ${text}`, text.replace(/.$/, "*")])
      expect(parseIntroduction(bad), bad).toBeUndefined();
    for (const size of [49, 88, 90])
      expect(parseIntroduction(encodeBase64url(randomBytes(size)))).toBeUndefined();
    const octets = Buffer.from(text, "base64url");
    const changed = (at: number, octet: number) => {
      const copy = new Uint8Array(octets);
      copy[at] = octet;
      return parseIntroduction(encodeBase64url(copy));
    };
    expect(changed(0, 0)).toBeUndefined();
    expect(changed(17, 0xff)).toBeUndefined();
  });

  it("is never a delivery token", () => {
    expect(parseDeliveryToken(formatIntroduction(anIntroduction()))).toBeUndefined();
  });

  it("is not made from parts that don't fit", () => {
    for (const change of [
      { keyVersion: 0 },
      { keyVersion: 256 },
      { keyVersion: 1.5 },
      { nonce: randomBytes(15), output: randomBytes(65) },
      { output: randomBytes(63) },
      { day: -1 },
      { day: 1.5 },
    ])
      expect(() => formatIntroduction({ ...anIntroduction(), ...change }), JSON.stringify(change)).toThrow(
        RangeError,
      );
  });

  it("decodes and encodes to the same text, and no text throws", () => {
    const texts = fc.oneof(fc.string(), fc.uint8Array({ minLength: 88, maxLength: 90 }).map(encodeBase64url));
    fc.assert(
      fc.property(texts, (text) => {
        const introduction = parseIntroduction(text);
        return introduction === undefined || formatIntroduction(introduction) === text;
      }),
    );
  });
});

describe("what goes through the function", () => {
  it("is bound to nonce, address and day, and none runs into another", () => {
    const nonce = new TextEncoder().encode("0123456789abcdef");
    const input = introductionInput("addr", nonce, 258);
    expect(Buffer.from(input).toString("latin1")).toBe(
      "restante/introduction/1\0\0\u00100123456789abcdef\0\u0004addr\0\u0008\0\0\0\0\0\0\u0001\u0002",
    );
    const inputs = [
      input,
      introductionInput("addr", nonce, 259),
      introductionInput("addr0", nonce, 258),
      introductionInput("addr", nonce.subarray(1), 258),
    ];
    expect(new Set(inputs.map(encodeBase64url)).size).toBe(4);
  });

  it("is of the UTC day", () => {
    const midnight = Date.UTC(2026, 10, 25);
    expect(introductionDay(midnight)).toBe(20_782);
    expect(introductionDay(midnight - 1)).toBe(20_781);
  });
});
