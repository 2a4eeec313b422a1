import { readFileSync } from "node:fs";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { KEM_X_WING, messageKey, openOnce, sealOnce } from "../../../src/client/channel/key-schedule.ts";

interface Published {
  info: string;
  shared_secret: string;
  key: string;
  base_nonce: string;
  encryptions: { pt: string; aad: string; ct: string }[];
}

const hex = hexToBytes;
const published = JSON.parse(
  readFileSync(new URL("../../vectors/hpke.json", import.meta.url), "utf8"),
) as Record<"rfc9180-a.2.1" | "hpke-pq-x-wing", Published>;

/** DHKEM(X25519, HKDF-SHA256) in IANA's registry: another KEM than ours, in otherwise the same suite. */
const KEM_X25519 = 0x0020;

describe.each([
  ["RFC 9180 A.2.1", KEM_X25519, published["rfc9180-a.2.1"]],
  ["the post-quantum HPKE draft, with our very suite", KEM_X_WING, published["hpke-pq-x-wing"]],
] as const)("the key schedule, by %s,", (_, kem, vector) => {
  const { key, baseNonce } = messageKey(hex(vector.shared_secret), hex(vector.info), kem);

  it("makes its key and nonce", () => {
    expect(bytesToHex(key)).toBe(vector.key);
    expect(bytesToHex(baseNonce)).toBe(vector.base_nonce);
  });

  it("seals and opens its messages, the nonces after the first by RFC 9180 §5.2", () => {
    expect(vector.encryptions.length).toBe(3);
    for (const [sequence, { pt, aad, ct }] of vector.encryptions.entries()) {
      const nonce = baseNonce.slice();
      nonce[11] = (nonce[11] ?? 0) ^ sequence;
      const one = { key, baseNonce: nonce };
      expect(bytesToHex(sealOnce(one, hex(aad), hex(pt)))).toBe(ct);
      expect(bytesToHex(openOnce(one, hex(aad), hex(ct)))).toBe(pt);
    }
  });
});

describe("the key schedule", () => {
  const secret = hex(published["hpke-pq-x-wing"].shared_secret);
  const info = utf8ToBytes("what for");
  const own = messageKey(secret, info, KEM_X_WING);

  it("gives another key and nonce for another secret, info or KEM", () => {
    const others = [
      messageKey(secret.toReversed(), info, KEM_X_WING),
      messageKey(secret, utf8ToBytes("what else"), KEM_X_WING),
      messageKey(secret, new Uint8Array(), KEM_X_WING),
      messageKey(secret, info, KEM_X25519),
    ];
    const all = [own, ...others];
    expect(new Set(all.map(({ key }) => bytesToHex(key))).size).toBe(all.length);
    expect(new Set(all.map(({ baseNonce }) => bytesToHex(baseNonce))).size).toBe(all.length);
  });

  it("opens nothing that is changed, cut short, or beside other data", () => {
    const aad = utf8ToBytes("what beside");
    const sealed = sealOnce(own, aad, utf8ToBytes("what inside"));
    expect(() => openOnce(own, info, sealed)).toThrow();
    for (let size = 0; size < sealed.length; size++)
      expect(() => openOnce(own, aad, sealed.slice(0, size)), String(size)).toThrow();
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => openOnce(own, aad, changed), String(at)).toThrow();
    }
  });
});
