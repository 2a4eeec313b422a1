import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { deriveSecret, rootVersions } from "../../../src/relay/secrets/root.ts";

const root = (version: number, fill: number) =>
  `${version}:${encodeBase64url(new Uint8Array(32).fill(fill))}`;

describe("the root secret", () => {
  it("derives by HKDF-SHA256, as WebCrypto does", async () => {
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const ikm = await crypto.subtle.importKey("raw", seed, "HKDF", false, ["deriveBits"]);
    for (const label of ["delivery-token", "receipts", "rate-limit"] as const) {
      const info = new TextEncoder().encode(`restante/secret/1\0${label}`);
      const parameters = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
      const expected = new Uint8Array(await crypto.subtle.deriveBits(parameters, ikm, 256));
      expect(deriveSecret(`7:${encodeBase64url(seed)}`, label)).toEqual({ version: 7, bytes: expected });
    }
  });

  it("gives every label and every version a secret of its own, and the same one each time", () => {
    const text = `${root(2, 9)},${root(1, 8)}`;
    const secrets = [
      deriveSecret(text, "receipts"),
      deriveSecret(text, "receipts", 1),
      deriveSecret(text, "delivery-token"),
    ];
    expect(new Set(secrets.map((secret) => encodeBase64url(secret?.bytes ?? new Uint8Array(0)))).size).toBe(
      3,
    );
    expect(deriveSecret(text, "receipts", 2)).toBe(secrets[0]);
    expect(deriveSecret(text, "receipts")).toBe(secrets[0]);
  });

  it("takes the first version listed as current and knows no other than those listed", () => {
    const text = `${root(0, 1)},${root(255, 2)}`;
    expect(rootVersions(text)).toEqual([0, 255]);
    expect(deriveSecret(text, "receipts").version).toBe(0);
    expect(deriveSecret(text, "receipts", 1)).toBeUndefined();
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
        deriveSecret(text, "receipts");
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
        expect(() => rootVersions(text)).toThrow("ROOT_SECRET");
      }),
    );
  });
});
