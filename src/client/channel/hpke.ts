/**
 * HPKE (RFC 9180), base mode: X-Wing, HKDF-SHA256, ChaCha20-Poly1305. Base mode says nothing of the sender: a
 * founding's signature does.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import { KEM_X_WING, messageKey, openOnce, sealOnce } from "./key-schedule.ts";
import { decapsulate, encapsulate, publicKeyOf } from "./x-wing.ts";

/** Octets of an encapsulated secret, of a private key (its seed), and what sealing adds. */
export const ENCAPSULATED_SIZE = 1120;
export const PRIVATE_KEY_SIZE = 32;
export const HPKE_OVERHEAD = 16;

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export interface HpkeSealed {
  readonly enc: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export async function generateKeyPair(): Promise<KeyPair> {
  const privateKey = randomBytes(PRIVATE_KEY_SIZE);
  return { publicKey: await publicKeyOf(privateKey), privateKey };
}

/** @returns undefined when `publicKey` is no X-Wing key that can be sealed to. */
export async function hpkeSeal(
  publicKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Promise<HpkeSealed | undefined> {
  try {
    const { encapsulated, sharedSecret } = await encapsulate(publicKey);
    const ciphertext = sealOnce(messageKey(sharedSecret, info, KEM_X_WING), aad, plaintext);
    return { enc: encapsulated, ciphertext };
  } catch {
    return undefined;
  }
}

/** @returns undefined when it was not sealed to this key with this `info` and `aad`. */
export async function hpkeOpen(
  privateKey: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  { enc, ciphertext }: HpkeSealed,
): Promise<Uint8Array | undefined> {
  try {
    const sharedSecret = await decapsulate(enc, privateKey);
    return openOnce(messageKey(sharedSecret, info, KEM_X_WING), aad, ciphertext);
  } catch {
    return undefined;
  }
}
