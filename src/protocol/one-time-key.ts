/**
 * Keys to found channels on: X-Wing public keys (X25519 + ML-KEM-768), each signed by the device whose
 * mailbox serves it. The signature is over a `restante/key/1` statement of
 *
 *     address | SHA-256 of the public key (32) | 0x01 when last-resort, else 0x00 | expires, ms since 1970 (8)
 *
 * Whoever claims a key verifies it before sealing: otherwise the relay could serve its own and read along.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Address } from "./address.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { SIGNATURE_SIZE, verifyDeviceSignatureAsync } from "./device-signature.ts";
import { encodeInteger } from "./integer.ts";
import { encodeStatement } from "./statement.ts";

/** Octets of an X-Wing public key (draft-connolly-cfrg-xwing-kem §5.2). */
export const X_WING_PUBLIC_KEY_SIZE = 1216;
export const KEY_ID_SIZE = 16;
export { SIGNATURE_SIZE };

export interface OneTimeKey {
  readonly publicKey: Uint8Array;
  /** Served again when the pool is empty; a one-time key is served once. */
  readonly lastResort: boolean;
  /** When it stops being served. */
  readonly expires: number;
  readonly signature: Uint8Array;
}

/** The same in JSON. */
export interface OneTimeKeyJson {
  publicKey: string;
  lastResort: boolean;
  expires: number;
  signature: string;
}

/** SHA-256 of the public key: what the statement and a founding's `info` name it by. */
export function keyHash(publicKey: Uint8Array): Uint8Array {
  return sha256(publicKey);
}

/** The first 16 octets of the hash: what an envelope names it by. */
export function keyId(publicKey: Uint8Array): Uint8Array {
  return keyHash(publicKey).slice(0, KEY_ID_SIZE);
}

/** The bytes that the device signs. */
export function oneTimeKeyStatement(address: string, key: Omit<OneTimeKey, "signature">): Uint8Array {
  return encodeStatement("key", [
    utf8ToBytes(address),
    keyHash(key.publicKey),
    Uint8Array.of(key.lastResort ? 1 : 0),
    encodeInteger(key.expires),
  ]);
}

/** Whether the key is `address`'s own and, at `now`, still to be used. */
export async function verifyOneTimeKey(address: Address, key: OneTimeKey, now: number): Promise<boolean> {
  if (key.publicKey.length !== X_WING_PUBLIC_KEY_SIZE || key.expires <= now) return false;
  return verifyDeviceSignatureAsync(address, oneTimeKeyStatement(address.text, key), key.signature);
}

export function oneTimeKeyToJson(key: OneTimeKey): OneTimeKeyJson {
  return {
    publicKey: encodeBase64url(key.publicKey),
    lastResort: key.lastResort,
    expires: key.expires,
    signature: encodeBase64url(key.signature),
  };
}

/** @returns undefined when a part is missing, of another type or of another length. */
export function oneTimeKeyFromJson(json: unknown): OneTimeKey | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { publicKey, lastResort, expires, signature } = json as Record<string, unknown>;
  if (typeof publicKey !== "string" || typeof signature !== "string") return undefined;
  if (typeof lastResort !== "boolean" || typeof expires !== "number") return undefined;
  const key = decodeBase64url(publicKey, X_WING_PUBLIC_KEY_SIZE);
  const signed = decodeBase64url(signature, SIGNATURE_SIZE);
  if (key === undefined || signed === undefined) return undefined;
  if (!Number.isSafeInteger(expires) || expires < 0) return undefined;
  return { publicKey: key, lastResort, expires, signature: signed };
}
