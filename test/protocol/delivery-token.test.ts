import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import {
  deliveryTokenBase,
  formatDeliveryToken,
  parseDeliveryToken,
} from "../../src/protocol/delivery-token.ts";

describe("a delivery token", () => {
  it("is 66 characters of root version, epoch and MAC, and reads back", () => {
    for (const rootVersion of [0, 1, 255]) {
      const token = { rootVersion, epoch: randomBytes(16), mac: randomBytes(32) };
      const text = formatDeliveryToken(token);
      expect(text).toHaveLength(66);
      expect(Buffer.from(text, "base64url")).toEqual(
        Buffer.concat([Buffer.of(rootVersion), token.epoch, token.mac]),
      );
      expect(parseDeliveryToken(text)).toEqual(token);
    }
  });

  it("of another length or spelling is refused", () => {
    const text = formatDeliveryToken({ rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) });
    for (const bad of ["", text.slice(1), `${text}A`, `${text}=`, ` ${text}`, text.replace(/.$/, "*")])
      expect(parseDeliveryToken(bad), bad).toBeUndefined();
    expect(parseDeliveryToken(encodeBase64url(randomBytes(48)))).toBeUndefined();
    expect(parseDeliveryToken(encodeBase64url(randomBytes(50)))).toBeUndefined();
  });

  it("is not made from parts that don't fit", () => {
    const token = { rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) };
    expect(() => formatDeliveryToken({ ...token, epoch: randomBytes(15), mac: randomBytes(33) })).toThrow(
      RangeError,
    );
    expect(() => formatDeliveryToken({ ...token, mac: randomBytes(31) })).toThrow(RangeError);
    for (const rootVersion of [256, -1, 1.5])
      expect(() => formatDeliveryToken({ ...token, rootVersion }), String(rootVersion)).toThrow(RangeError);
  });

  it("is bound to address and epoch, and neither runs into the other", () => {
    const epoch = utf8ToBytes("0123456789abcdef");
    expect(Buffer.from(deliveryTokenBase("addr", epoch)).toString("latin1")).toBe(
      "restante/delivery/1\0\0\u0004addr\0\u00100123456789abcdef",
    );
    expect(deliveryTokenBase("addr0", epoch.subarray(1))).not.toEqual(deliveryTokenBase("addr", epoch));
  });

  it("decodes and encodes to the same text, and no text throws", () => {
    const texts = fc.oneof(fc.string(), fc.uint8Array({ minLength: 48, maxLength: 50 }).map(encodeBase64url));
    fc.assert(
      fc.property(texts, (text) => {
        const token = parseDeliveryToken(text);
        return token === undefined || formatDeliveryToken(token) === text;
      }),
    );
  });
});
