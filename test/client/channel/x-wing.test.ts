import { readFileSync } from "node:fs";
import { XWing } from "@hpke/hybridkem-x-wing";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 } from "@noble/post-quantum/hybrid.js";
import { describe, expect, it } from "vitest";
import { decapsulate, encapsulate, publicKeyOf } from "../../../src/client/channel/x-wing.ts";

const hex = hexToBytes;

/** The X-Wing of `@hpke`, in octets. */
const another = {
  kem: new XWing(),
  async decapsulate(enc: Uint8Array, seed: Uint8Array): Promise<Uint8Array> {
    const recipientKey = await another.kem.deserializePrivateKey(bufferOf(seed));
    return new Uint8Array(await another.kem.decap({ recipientKey, enc: bufferOf(enc) }));
  },
  async encapsulate(publicKey: Uint8Array) {
    const recipientPublicKey = await another.kem.deserializePublicKey(bufferOf(publicKey));
    const { enc, sharedSecret } = await another.kem.encap({ recipientPublicKey });
    return { encapsulated: new Uint8Array(enc), sharedSecret: new Uint8Array(sharedSecret) };
  },
};

function bufferOf(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}

describe("X-Wing", () => {
  const { vectors } = JSON.parse(
    readFileSync(new URL("../../vectors/x-wing.json", import.meta.url), "utf8"),
  ) as { vectors: Record<"seed" | "eseed" | "ss" | "pk" | "ct", string>[] };

  it("is the draft's", async () => {
    expect(vectors.length).toBe(3);
    for (const { seed, eseed, ss, pk, ct } of vectors) {
      expect(bytesToHex(await publicKeyOf(hex(seed)))).toBe(pk);
      const { encapsulated, sharedSecret } = await encapsulate(hex(pk), hex(eseed));
      expect(bytesToHex(encapsulated)).toBe(ct);
      expect(bytesToHex(sharedSecret)).toBe(ss);
      expect(bytesToHex(await decapsulate(hex(ct), hex(seed)))).toBe(ss);
    }
  });

  it("agrees with two others, both ways, on keys and secrets", async () => {
    const seed = randomBytes(32);
    const publicKey = await publicKeyOf(seed);
    expect(publicKey).toEqual(ml_kem768_x25519.keygen(seed).publicKey);

    const ours = await encapsulate(publicKey);
    expect(ml_kem768_x25519.decapsulate(ours.encapsulated, seed)).toEqual(ours.sharedSecret);
    expect(await another.decapsulate(ours.encapsulated, seed)).toEqual(ours.sharedSecret);

    const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(publicKey);
    expect(await decapsulate(cipherText, seed)).toEqual(sharedSecret);
    const theirs = await another.encapsulate(publicKey);
    expect(await decapsulate(theirs.encapsulated, seed)).toEqual(theirs.sharedSecret);
  });

  it("never encapsulates the same twice", async () => {
    const publicKey = await publicKeyOf(randomBytes(32));
    const made = [await encapsulate(publicKey), await encapsulate(publicKey)];
    for (const half of [(enc: Uint8Array) => enc.slice(0, 1088), (enc: Uint8Array) => enc.slice(1088)])
      expect(new Set(made.map(({ encapsulated }) => bytesToHex(half(encapsulated)))).size).toBe(2);
  });

  it("gives another secret for what another key, or a changed half, encapsulates", async () => {
    const seed = randomBytes(32);
    const { encapsulated, sharedSecret } = await encapsulate(await publicKeyOf(seed));
    expect(await decapsulate(encapsulated, randomBytes(32))).not.toEqual(sharedSecret);
    for (const at of [0, 1087, 1088, 1118]) {
      const changed = encapsulated.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await decapsulate(changed, seed), String(at)).not.toEqual(sharedSecret);
    }
  });

  it("takes no other lengths", async () => {
    const seed = randomBytes(32);
    const publicKey = await publicKeyOf(seed);
    const { encapsulated } = await encapsulate(publicKey);
    const calls: [right: Uint8Array, call: (octets: Uint8Array) => Promise<unknown>][] = [
      [seed, publicKeyOf],
      [publicKey, (octets) => encapsulate(octets)],
      [randomBytes(64), (octets) => encapsulate(publicKey, octets.slice())],
      [encapsulated, (octets) => decapsulate(octets, seed)],
      [seed, (octets) => decapsulate(encapsulated, octets)],
    ];
    for (const [right, call] of calls) {
      await expect(call(right)).resolves.toBeDefined();
      for (const wrong of [right.slice(1), new Uint8Array([...right, 0]), new Uint8Array()])
        await expect(call(wrong)).rejects.toThrow();
    }
  });

  it("takes no share of small order, in a key or encapsulated, in any spelling", async () => {
    const seed = randomBytes(32);
    const publicKey = await publicKeyOf(seed);
    const { encapsulated } = await encapsulate(publicKey);
    // u of 0, 1, -1 and the two of order 8 (RFC 7748 §6.1), 0 and 1 unreduced, and 0 with the ignored top bit.
    for (const share of [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0000000000000000000000000000000000000000000000000000000000000080",
    ]) {
      const badKey = publicKey.slice();
      badKey.set(hex(share), 1184);
      await expect(encapsulate(badKey), share).rejects.toThrow();
      const bad = encapsulated.slice();
      bad.set(hex(share), 1088);
      await expect(decapsulate(bad, seed), share).rejects.toThrow();
    }
  });

  it("takes no key whose coefficients are not below the modulus (FIPS 203 §7.2)", async () => {
    const publicKey = await publicKeyOf(randomBytes(32));
    for (const at of [0, 600, 1149]) {
      const unreduced = publicKey.slice();
      unreduced.fill(0xff, at, at + 3);
      await expect(encapsulate(unreduced), String(at)).rejects.toThrow();
    }
  });
});
