import { readFileSync } from "node:fs";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { ml_kem768_x25519 } from "@noble/post-quantum/hybrid.js";
import * as independent from "hpke";
import { describe, expect, it } from "vitest";
import { generateKeyPair, hpkeOpen, hpkeSeal } from "../../../src/client/channel/hpke.ts";
import { KEM_X_WING, messageKey, openOnce } from "../../../src/client/channel/key-schedule.ts";
import { decapsulate, encapsulate, publicKeyOf } from "../../../src/client/channel/x-wing.ts";

interface HpkeVector {
  info: string;
  skRm: string;
  pkRm: string;
  enc: string;
  encryptions: { pt: string; aad: string; ct: string }[];
}

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")) as T;
}

const hex = hexToBytes;

/** Opens a vector's encryptions with our key schedule; the nonce of each from its sequence number (RFC 9180 §5.2). */
function openAll(vector: HpkeVector, sharedSecret: Uint8Array, kem: number): string[] {
  const { key, baseNonce } = messageKey(sharedSecret, hex(vector.info), kem);
  return vector.encryptions.map(({ ct, aad }, sequence) => {
    const nonce = baseNonce.slice();
    nonce[11] = (nonce[11] ?? 0) ^ sequence;
    return bytesToHex(openOnce({ key, baseNonce: nonce }, hex(aad), hex(ct)));
  });
}

/** Another library's HPKE with our suite. */
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

describe("the parts that channels stand on", () => {
  const published = vectors<Record<"rfc9180-a.2.1" | "hpke-pq-x-wing", HpkeVector>>("hpke");

  it("open what RFC 9180 A.2.1 seals, given its KEM's secret", async () => {
    const vector = published["rfc9180-a.2.1"];
    const kem = new DhkemX25519HkdfSha256();
    const recipientKey = await kem.deserializePrivateKey(hex(vector.skRm).buffer as ArrayBuffer);
    const shared = await kem.decap({ recipientKey, enc: hex(vector.enc).buffer as ArrayBuffer });
    const texts = openAll(vector, new Uint8Array(shared), kem.id);
    expect(texts).toEqual(vector.encryptions.map(({ pt }) => pt));
  });

  it("open what the post-quantum HPKE draft seals with our very suite", async () => {
    const vector = published["hpke-pq-x-wing"];
    const texts = openAll(vector, decapsulate(hex(vector.enc), hex(vector.skRm)), KEM_X_WING);
    expect(texts).toEqual(vector.encryptions.map(({ pt }) => pt));
    const [first] = vector.encryptions;
    if (first === undefined) throw new Error("no encryption");
    const sealed = { enc: hex(vector.enc), ciphertext: hex(first.ct) };
    const text = await hpkeOpen(hex(vector.skRm), hex(vector.info), hex(first.aad), sealed);
    expect(text && bytesToHex(text)).toBe(first.pt);
  });

  it("agree with the X-Wing draft, and so do the implementations they are checked against", async () => {
    const { vectors: cases } = vectors<{ vectors: Record<"seed" | "eseed" | "ss" | "pk" | "ct", string>[] }>(
      "x-wing",
    );
    expect(cases.length).toBe(3);
    for (const { seed, eseed, ss, pk, ct } of cases) {
      expect(bytesToHex(publicKeyOf(hex(seed)))).toBe(pk);
      expect(bytesToHex(decapsulate(hex(ct), hex(seed)))).toBe(ss);
      const made = encapsulate(hex(pk), hex(eseed));
      expect(bytesToHex(made.encapsulated)).toBe(ct);
      expect(bytesToHex(made.sharedSecret)).toBe(ss);
      expect(bytesToHex(ml_kem768_x25519.keygen(hex(seed)).publicKey)).toBe(pk);
      expect(bytesToHex(ml_kem768_x25519.decapsulate(hex(ct), hex(seed)))).toBe(ss);
      const recipientKey = await suite.kem.deserializePrivateKey(hex(seed).buffer as ArrayBuffer);
      const shared = await suite.kem.decap({ recipientKey, enc: hex(ct).buffer as ArrayBuffer });
      expect(bytesToHex(new Uint8Array(shared))).toBe(ss);
    }
  });

  it("agree with RFC 5869 and with the XChaCha20-Poly1305 draft", () => {
    const { vectors: cases } = vectors<{
      vectors: { ikm: string; salt: string; info: string; length: number; okm: string }[];
    }>("hkdf-sha256");
    for (const { ikm, salt, info, length, okm } of cases)
      expect(bytesToHex(hkdf(sha256, hex(ikm), hex(salt), hex(info), length))).toBe(okm);
    const x = vectors<Record<"key" | "nonce" | "aad" | "plaintext" | "sealed", string>>("xchacha20-poly1305");
    const sealed = xchacha20poly1305(hex(x.key), hex(x.nonce), hex(x.aad)).encrypt(hex(x.plaintext));
    expect(bytesToHex(sealed)).toBe(x.sealed);
  });
});

describe("HPKE with X-Wing", () => {
  const info = utf8ToBytes("what for");
  const aad = utf8ToBytes("what beside");
  const text = utf8ToBytes("what inside");
  const other = new independent.CipherSuite(
    independent.KEM_MLKEM768_X25519,
    independent.KDF_HKDF_SHA256,
    independent.AEAD_ChaCha20Poly1305,
  );

  it("is opened by an independent implementation, and opens what that sealed", async () => {
    const ours = await generateKeyPair();
    const theirPublic = await other.DeserializePublicKey(ours.publicKey);
    const theirs = await other.Seal(theirPublic, text, { info, aad });
    const sealed = { enc: theirs.encapsulatedSecret, ciphertext: theirs.ciphertext };
    expect(await hpkeOpen(ours.privateKey, info, aad, sealed)).toEqual(text);

    const back = await hpkeSeal(ours.publicKey, info, aad, text);
    if (back === undefined) throw new Error("not sealed");
    const theirPrivate = await other.DeserializePrivateKey(ours.privateKey);
    expect(await other.Open(theirPrivate, back.enc, back.ciphertext, { info, aad })).toEqual(text);
  });

  it("is opened by a second one, and opens what that sealed", async () => {
    const ours = await generateKeyPair();
    const recipientPublicKey = await suite.kem.deserializePublicKey(ours.publicKey.slice().buffer);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, text, aad);
    const sealed = { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
    expect(await hpkeOpen(ours.privateKey, info, aad, sealed)).toEqual(text);

    const back = await hpkeSeal(ours.publicKey, info, aad, text);
    if (back === undefined) throw new Error("not sealed");
    const recipientKey = await suite.kem.deserializePrivateKey(ours.privateKey.slice().buffer);
    const read = await suite.open({ recipientKey, enc: back.enc, info }, back.ciphertext, aad);
    expect(new Uint8Array(read)).toEqual(text);
  });

  it("encapsulates to keys of another X-Wing, and the other way round", async () => {
    const theirs = ml_kem768_x25519.keygen();
    const made = encapsulate(theirs.publicKey);
    expect(ml_kem768_x25519.decapsulate(made.encapsulated, theirs.secretKey)).toEqual(made.sharedSecret);

    const ours = await generateKeyPair();
    const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(ours.publicKey);
    expect(decapsulate(cipherText, ours.privateKey)).toEqual(sharedSecret);
  });

  it("opens with nothing but its own key, info, aad and bytes", async () => {
    const { publicKey, privateKey } = await generateKeyPair();
    const sealed = await hpkeSeal(publicKey, info, aad, text);
    if (sealed === undefined) throw new Error("not sealed");
    const { enc, ciphertext } = sealed;
    const stranger = await generateKeyPair();
    expect(await hpkeOpen(stranger.privateKey, info, aad, sealed)).toBeUndefined();
    expect(await hpkeOpen(privateKey, aad, aad, sealed)).toBeUndefined();
    expect(await hpkeOpen(privateKey, info, info, sealed)).toBeUndefined();
    for (const at of [0, 1087, 1088, 1119]) {
      const changed = enc.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await hpkeOpen(privateKey, info, aad, { enc: changed, ciphertext })).toBeUndefined();
    }
    expect(await hpkeOpen(privateKey, info, aad, { enc: enc.slice(1), ciphertext })).toBeUndefined();
  });

  it("seals to no key that is none", async () => {
    const { publicKey } = await generateKeyPair();
    expect(await hpkeSeal(publicKey.slice(1), info, aad, text)).toBeUndefined();
    // Coefficients above the modulus (FIPS 203 §7.2), and an X25519 share that yields zeros (RFC 7748 §6.1).
    const unreduced = publicKey.slice();
    unreduced.fill(0xff, 0, 1152);
    const zeroShare = publicKey.slice();
    zeroShare.fill(0, 1184);
    expect(await hpkeSeal(zeroShare, info, aad, text)).toBeUndefined();
    expect(await hpkeSeal(unreduced, info, aad, text)).toBeUndefined();
    expect(await hpkeSeal(randomBytes(32), info, aad, text)).toBeUndefined();
  });
});
