/** The key that wraps a vault's data keys: given as 32 octets, or made from a passphrase by scrypt (RFC 7914). */
import { randomBytes } from "@noble/ciphers/utils.js";
import { scryptAsync } from "@noble/hashes/scrypt.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

export const KEY_SIZE = 32;
export const SALT_SIZE = 32;

/** A person's passphrase, or a random key of 32 octets from the platform's key store. */
export type VaultSecret = { readonly passphrase: string } | { readonly key: Uint8Array };

/** scrypt's cost. N = 2^logN; memory is 128 × r × N octets. */
export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** 128 MiB and about half a second: one guess at a stolen file costs as much. */
export const SCRYPT_COST: ScryptCost = { logN: 17, r: 8, p: 1 };

/** How a vault's master key is made, as its header says it. */
export type KeySource = { readonly salt: Uint8Array; readonly cost: ScryptCost } | "raw";

export function newKeySource(secret: VaultSecret, cost: ScryptCost): KeySource {
  return "key" in secret ? "raw" : { salt: randomBytes(SALT_SIZE), cost };
}

/**
 * @returns undefined when the vault was made with the other kind of secret.
 * @throws RangeError when a raw key is not 32 octets.
 */
export async function masterKey(secret: VaultSecret, source: KeySource): Promise<Uint8Array | undefined> {
  if ("key" in secret) {
    if (secret.key.length !== KEY_SIZE) throw new RangeError("key: 32 octets expected");
    return source === "raw" ? secret.key.slice() : undefined;
  }
  if (source === "raw") return undefined;
  const { logN, r, p } = source.cost;
  // NFC (RFC 8265 §4.2.2): one passphrase is the same octets from every keyboard.
  const passphrase = utf8ToBytes(secret.passphrase.normalize("NFC"));
  return scryptAsync(passphrase, source.salt, { N: 2 ** logN, r, p, dkLen: KEY_SIZE });
}
