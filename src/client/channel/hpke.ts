/**
 * HPKE (RFC 9180), base mode: X-Wing (X25519 + ML-KEM-768, draft-connolly-cfrg-xwing-kem), HKDF-SHA256,
 * ChaCha20-Poly1305. Base mode says nothing of the sender: a founding's signature does.
 */
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { extract, hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** Octets of an encapsulated secret, of a private key (its seed), and what sealing adds. */
export const ENCAPSULATED_SIZE = 1120;
export const PRIVATE_KEY_SIZE = 32;
export const HPKE_OVERHEAD = 16;

/**
 * HKDF-SHA256 as HPKE's key schedule calls it (RFC 9180 §5.1), without the platform: ten calls that each wait
 * for another thread take 1 ms, hashing the same few hundred octets here 0.1 ms.
 */
export class QuickHkdf extends HkdfSha256 {
  override async extract(salt: Octets, ikm: Octets): Promise<ArrayBuffer> {
    return bufferOf(extract(sha256, octetsOf(ikm), octetsOf(salt)));
  }

  override async extractAndExpand(
    salt: Octets,
    ikm: Octets,
    info: Octets,
    length: number,
  ): Promise<ArrayBuffer> {
    return bufferOf(hkdf(sha256, octetsOf(ikm), octetsOf(salt), octetsOf(info), length));
  }
}

type Octets = ArrayBufferLike | ArrayBufferView;

const suite = new CipherSuite({ kem: new XWing(), kdf: new QuickHkdf(), aead: new Chacha20Poly1305() });

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface HpkeSealed {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export async function generateKeyPair(): Promise<KeyPair> {
  const pair = await suite.kem.generateKeyPair();
  const publicKey = await suite.kem.serializePublicKey(pair.publicKey);
  const privateKey = await suite.kem.serializePrivateKey(pair.privateKey);
  return { publicKey: new Uint8Array(publicKey), privateKey: new Uint8Array(privateKey) };
}

/** @returns undefined when `publicKey` is no X-Wing key that can be sealed to. */
export async function hpkeSeal(
  publicKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<HpkeSealed | undefined> {
  try {
    const recipientPublicKey = await suite.kem.deserializePublicKey(publicKey);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info }, plaintext, aad);
    return { enc: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
  } catch {
    return undefined;
  }
}

/** @returns undefined when it was not sealed to this key with this `info` and `aad`. */
export async function hpkeOpen(
  privateKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  sealed: HpkeSealed,
): Promise<Uint8Array | undefined> {
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(privateKey);
    const { enc, ciphertext } = sealed;
    return new Uint8Array(await suite.open({ recipientKey, enc, info }, ciphertext, aad));
  } catch {
    return undefined;
  }
}

function octetsOf(octets: Octets): Uint8Array {
  return ArrayBuffer.isView(octets)
    ? new Uint8Array(octets.buffer, octets.byteOffset, octets.byteLength)
    : new Uint8Array(octets);
}

function bufferOf(octets: Uint8Array): ArrayBuffer {
  return new Uint8Array(octets).buffer;
}
