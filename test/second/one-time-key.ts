/** "Keys to found on". */
import { sign, verifies } from "./address.ts";
import { sha256 } from "./hashing.ts";
import { ascii, integer, octet } from "./octets.ts";
import { statement } from "./statement.ts";
import { KEY_KEPT, KEY_SERVED } from "./times.ts";
import { publicKeyOf } from "./x-wing.ts";

/** As it is published: claimed from a mailbox, or carried in a text. */
export interface PublishedKey {
  readonly publicKey: Uint8Array;
  readonly lastResort: boolean;
  readonly expires: number;
  readonly signature: Uint8Array;
}

/** As its owner keeps it. */
export interface OwnKey extends PublishedKey {
  readonly seed: Uint8Array;
  /** When the private half is destroyed, used or not. */
  readonly ends: number;
}

export const PUBLIC_KEY = 1216;
export const KEY_ID = 16;

export function keyHash(key: { publicKey: Uint8Array }): Uint8Array {
  return sha256(key.publicKey);
}

export function keyId(key: { publicKey: Uint8Array }): Uint8Array {
  return keyHash(key).slice(0, KEY_ID);
}

export function keyStatement(owner: string, key: Omit<PublishedKey, "signature">): Uint8Array {
  return statement(
    "key",
    ascii(owner),
    keyHash(key),
    octet(key.lastResort ? 0x01 : 0x00),
    integer(key.expires),
  );
}

export function makeKey(
  owner: { address: string; seed: Uint8Array },
  keySeed: Uint8Array,
  now: number,
  lastResort = false,
): OwnKey {
  const key = { publicKey: publicKeyOf(keySeed), lastResort, expires: now + KEY_SERVED };
  return {
    ...key,
    signature: sign(owner.seed, keyStatement(owner.address, key)),
    seed: keySeed,
    ends: now + KEY_KEPT,
  };
}

export function mayBeFoundedOn(owner: string, key: PublishedKey, now: number): boolean {
  return key.expires > now && verifies(owner, keyStatement(owner, key), key.signature);
}
