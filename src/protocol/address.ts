/**
 * A device's address: its Ed25519 public key in base64url, then the jurisdiction of its mailbox if it has one.
 * `kG6m…43 characters…A` or `kG6m…A.eu`. The edge finds key and mailbox from the address alone.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";

/** Octets of an Ed25519 public key (RFC 8032 §5.1.5). */
const PUBLIC_KEY_SIZE = 32;

/** Characters of the longest address: 43 of key, a dot, eight of jurisdiction. Sizes fields that carry one. */
export const MAX_ADDRESS_LENGTH = 52;

const JURISDICTION = /^[a-z]{2,8}$/;
const FIELD_PRIME = 2n ** 255n - 19n;
/** All but the highest: x's sign. */
const Y_BITS = 2n ** 255n - 1n;

export interface Address {
  /** The exact text. */
  readonly text: string;
  /** The Ed25519 public key, 32 octets. */
  readonly publicKey: Uint8Array;
  /** Where the mailbox lives; empty when it is in no jurisdiction in particular. */
  readonly jurisdiction: string;
}

/**
 * Reads an address in its one canonical form: canonical base64url, and a y-coordinate below the field prime
 * (RFC 8032 §5.1.3), so that one key has one address. Says nothing about whether the key is safe to trust:
 * see {@link isTorsionFree}.
 *
 * @returns undefined for anything else.
 */
export function parseAddress(text: string): Address | undefined {
  const [key = "", jurisdiction = "", ...rest] = text.split(".");
  if (rest.length > 0 || text.endsWith(".")) return undefined;
  if (jurisdiction !== "" && !JURISDICTION.test(jurisdiction)) return undefined;
  const publicKey = decodeBase64url(key, PUBLIC_KEY_SIZE);
  if (publicKey === undefined || !hasCanonicalY(publicKey)) return undefined;
  return { text, publicKey, jurisdiction };
}

/** @throws RangeError when `publicKey` is not 32 octets or `jurisdiction` is not 2 to 8 small letters. */
export function formatAddress(publicKey: Uint8Array, jurisdiction = ""): string {
  if (publicKey.length !== PUBLIC_KEY_SIZE) throw new RangeError("publicKey: 32 octets expected");
  if (jurisdiction !== "" && !JURISDICTION.test(jurisdiction))
    throw new RangeError("jurisdiction: 2 to 8 small letters expected");
  const key = encodeBase64url(publicKey);
  return jurisdiction === "" ? key : `${key}.${jurisdiction}`;
}

/**
 * Whether the key is a point of the prime-order subgroup, and not the identity. For a key with a small-order
 * part, one signature can verify under several messages or keys (RFC 8032 §8.4 leaves this to us). Costs a
 * scalar multiplication: whoever asks often remembers the answer (device-signature.ts).
 */
export function isTorsionFree(address: Address): boolean {
  try {
    const point = ed25519.Point.fromBytes(address.publicKey);
    return !point.is0() && point.isTorsionFree();
  } catch {
    return false;
  }
}

/** Whether a point's y-coordinate is below the field prime, in its 32 octets (RFC 8032 §5.1.3). */
export function hasCanonicalY(point: Uint8Array): boolean {
  return (bytesToNumberLE(point) & Y_BITS) < FIELD_PRIME;
}
