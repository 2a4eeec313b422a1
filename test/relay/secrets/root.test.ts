import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { readRoot } from "../../../src/relay/secrets/root.ts";

const root = (version: number, fill: number) =>
  `${version}:${encodeBase64url(new Uint8Array(32).fill(fill))}`;

describe("the root secret", () => {
  it("is read by version, in the order listed", () => {
    const versions = readRoot(`${root(0, 1)},${root(255, 2)}`);
    expect([...versions]).toEqual([
      [0, new Uint8Array(32).fill(1)],
      [255, new Uint8Array(32).fill(2)],
    ]);
  });

  it("when malformed, is refused without being quoted", () => {
    const secret = encodeBase64url(crypto.getRandomValues(new Uint8Array(32)));
    const malformed = [
      "",
      secret,
      `1:${secret.slice(1)}`,
      `1:${secret}A`,
      `256:${secret}`,
      `-1:${secret}`,
      `01:${secret}`,
      `x:${secret}`,
      `1:${secret}:`,
      `1:${secret},`,
      `1:${secret},1:${secret}`,
      ` 1:${secret}`,
    ];
    for (const text of malformed) {
      let message = "";
      try {
        readRoot(text);
      } catch (error) {
        message = String(error);
      }
      expect(message, text).toContain("ROOT_SECRET");
      expect(message).not.toContain(secret.slice(1, 20));
    }
  });

  it("never takes random text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => readRoot(text)).toThrow("ROOT_SECRET");
      }),
    );
  });
});
