import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { voprfKeys } from "../../../src/relay/voprf/keys.ts";

const { voprf } = ristretto255_oprf;
const scalar = () => encodeBase64url(voprf.generateKeyPair().secretKey);

describe("keys of an oblivious function", () => {
  it("are read newest first, with the public key that belongs to each", () => {
    const [older, newer] = [voprf.generateKeyPair(), voprf.generateKeyPair()];
    const text = `255:${encodeBase64url(newer.secretKey)},1:${encodeBase64url(older.secretKey)}`;
    expect(voprfKeys("KEYS", text)).toEqual([
      { version: 255, ...newer },
      { version: 1, ...older },
    ]);
    expect(voprfKeys("KEYS", text)).toBe(voprfKeys("KEYS", text));
  });

  it("are none when none are configured", () => {
    expect(voprfKeys("KEYS", undefined)).toEqual([]);
    expect(voprfKeys("KEYS", "")).toEqual([]);
  });

  it("when malformed, are refused by their name and not quoted", () => {
    const secret = scalar();
    // The order of the group, little-endian: the first that is no scalar.
    const order = Uint8Array.from(
      [237, 211, 245, 92, 26, 99, 18, 88, 214, 156, 247, 162, 222, 249, 222, 20].concat(
        Array(15).fill(0),
        16,
      ),
    );
    const malformed = [
      secret,
      `0:${secret}`,
      `256:${secret}`,
      `01:${secret}`,
      `x:${secret}`,
      ` 1:${secret}`,
      `1:${secret}:`,
      `1:${secret},`,
      `1:${secret},1:${scalar()}`,
      `1:${secret.slice(1)}`,
      `1:${encodeBase64url(new Uint8Array(32))}`,
      `1:${encodeBase64url(new Uint8Array(32).fill(255))}`,
      `1:${encodeBase64url(order)}`,
    ];
    for (const text of malformed) {
      expect(() => voprfKeys("DIRECTORY_KEYS", text), text).toThrow(/^DIRECTORY_KEYS: "version:scalar/);
      try {
        voprfKeys("DIRECTORY_KEYS", text);
      } catch (error) {
        expect(String(error)).not.toContain(secret);
      }
    }
  });
});
