import { readFileSync } from "node:fs";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import * as independent from "hpke";
import { describe, expect, it } from "vitest";
import {
  ENCAPSULATED_SIZE,
  generateKeyPair,
  HPKE_OVERHEAD,
  hpkeOpen,
  hpkeSeal,
  PRIVATE_KEY_SIZE,
} from "../../../src/client/channel/hpke.ts";

function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")) as T;
}

const hex = hexToBytes;

describe("the parts that channels stand on", () => {
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

/** HPKE by two others, in octets: one in JavaScript throughout, one on the ML-KEM and X25519 of the platform. */
interface Other {
  readonly name: string;
  readonly seal: (
    publicKey: Uint8Array,
    info: Uint8Array,
    aad: Uint8Array,
    text: Uint8Array,
  ) => Promise<Sealed>;
  readonly open: (
    privateKey: Uint8Array,
    info: Uint8Array,
    aad: Uint8Array,
    sealed: Sealed,
  ) => Promise<Uint8Array>;
}
interface Sealed {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

const core = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });
const webCrypto = new independent.CipherSuite(
  independent.KEM_MLKEM768_X25519,
  independent.KDF_HKDF_SHA256,
  independent.AEAD_ChaCha20Poly1305,
);

const others: Other[] = [
  {
    name: "@hpke/core",
    async seal(publicKey, info, aad, text) {
      const recipientPublicKey = await core.kem.deserializePublicKey(publicKey);
      const { enc, ct } = await core.seal({ recipientPublicKey, info }, text, aad);
      return { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
    },
    async open(privateKey, info, aad, { enc, ciphertext }) {
      const recipientKey = await core.kem.deserializePrivateKey(privateKey);
      return new Uint8Array(await core.open({ recipientKey, enc, info }, ciphertext, aad));
    },
  },
  {
    name: "hpke",
    async seal(publicKey, info, aad, text) {
      const key = await webCrypto.DeserializePublicKey(publicKey);
      const { encapsulatedSecret, ciphertext } = await webCrypto.Seal(key, text, { info, aad });
      return { enc: encapsulatedSecret, ciphertext };
    },
    async open(privateKey, info, aad, { enc, ciphertext }) {
      const key = await webCrypto.DeserializePrivateKey(privateKey);
      return webCrypto.Open(key, enc, ciphertext, { info, aad });
    },
  },
];

describe("HPKE with X-Wing", () => {
  const info = utf8ToBytes("what for");
  const aad = utf8ToBytes("what beside");
  const text = utf8ToBytes("what inside");

  it("opens what the post-quantum HPKE draft seals with our very suite", async () => {
    const published =
      vectors<
        Record<
          "hpke-pq-x-wing",
          {
            info: string;
            skRm: string;
            enc: string;
            encryptions: { pt: string; aad: string; ct: string }[];
          }
        >
      >("hpke")["hpke-pq-x-wing"];
    const [first] = published.encryptions;
    if (first === undefined) throw new Error("no encryption");
    const sealed = { enc: hex(published.enc), ciphertext: hex(first.ct) };
    const opened = await hpkeOpen(hex(published.skRm), hex(published.info), hex(first.aad), sealed);
    expect(opened && bytesToHex(opened)).toBe(first.pt);
  });

  it.each(others)("is opened by $name, and opens what that sealed", async ({ seal, open }) => {
    const { publicKey, privateKey } = await generateKeyPair();
    for (const [i, a, t] of [
      [info, aad, text],
      [new Uint8Array(), new Uint8Array(), new Uint8Array()],
      [randomBytes(97), randomBytes(21), randomBytes(198)],
    ] as const) {
      expect(await hpkeOpen(privateKey, i, a, await seal(publicKey, i, a, t))).toEqual(t);
      const back = await hpkeSeal(publicKey, i, a, t);
      if (back === undefined) throw new Error("not sealed");
      expect(await open(privateKey, i, a, back)).toEqual(t);
      await expect(open(privateKey, a, i.length === 0 ? aad : i, back)).rejects.toThrow();
    }
  });

  it("has the sizes that it says", async () => {
    const { publicKey, privateKey } = await generateKeyPair();
    const sealed = await hpkeSeal(publicKey, info, aad, text);
    expect(privateKey.length).toBe(PRIVATE_KEY_SIZE);
    expect(sealed?.enc.length).toBe(ENCAPSULATED_SIZE);
    expect(sealed?.ciphertext.length).toBe(text.length + HPKE_OVERHEAD);
  });

  it("makes another key pair each time, and seals nothing the same way twice", async () => {
    const pairs = [await generateKeyPair(), await generateKeyPair()] as const;
    expect(pairs[0].publicKey).not.toEqual(pairs[1].publicKey);
    expect(pairs[0].privateKey).not.toEqual(pairs[1].privateKey);
    const sealed = [
      await hpkeSeal(pairs[0].publicKey, info, aad, text),
      await hpkeSeal(pairs[0].publicKey, info, aad, text),
    ];
    expect(sealed[0]?.enc).not.toEqual(sealed[1]?.enc);
    expect(sealed[0]?.ciphertext).not.toEqual(sealed[1]?.ciphertext);
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
    const zeroShare = enc.slice();
    zeroShare.fill(0, 1088);
    for (const other of [enc.slice(1), new Uint8Array([...enc, 0]), new Uint8Array(), zeroShare])
      expect(await hpkeOpen(privateKey, info, aad, { enc: other, ciphertext })).toBeUndefined();
    for (const other of [ciphertext.slice(1), ciphertext.slice(0, -1), new Uint8Array()])
      expect(await hpkeOpen(privateKey, info, aad, { enc, ciphertext: other })).toBeUndefined();
    expect(await hpkeOpen(privateKey.slice(1), info, aad, sealed)).toBeUndefined();
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
