/** Which keys may be addresses, by arithmetic that was written out here and by the SDK's. */
import { randomBytes } from "node:crypto";
import { ED25519_TORSION_SUBGROUP, ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { isTorsionFree, parseAddress } from "../../src/protocol/address.ts";
import { keyOf } from "./address.ts";
import { toBase64url } from "./base64url.ts";
import { unhex } from "./octets.ts";

function bothTake(key: Uint8Array): boolean {
  const text = toBase64url(key);
  const parsed = parseAddress(text);
  const bySdk = parsed !== undefined && isTorsionFree(parsed);
  expect(keyOf(text) !== undefined).toBe(bySdk);
  return bySdk;
}

describe("a key", () => {
  it("of the prime-order subgroup is an address", () => {
    for (let i = 0; i < 5; i++) expect(bothTake(ed25519.keygen().publicKey)).toBe(true);
  });

  it("of small or mixed order is none, nor is one in another than its canonical form", () => {
    const good = ed25519.Point.fromBytes(ed25519.keygen().publicKey);
    for (const torsion of ED25519_TORSION_SUBGROUP) {
      const small = ed25519.Point.fromHex(torsion);
      expect(bothTake(small.toBytes())).toBe(false);
      expect(bothTake(good.add(small).toBytes())).toBe(small.is0());
    }
    const aboveP = unhex(`f0${"ff".repeat(30)}7f`);
    expect(bothTake(aboveP)).toBe(false);
  });

  it("is one or none as the SDK sees it, whatever 32 octets it is", () => {
    const taken = Array.from({ length: 40 }, () => bothTake(Uint8Array.from(randomBytes(32))));
    expect(taken).toContain(false);
  });
});
