/**
 * Introductions: with one, somebody who found a device by its number may begin to write to it. 89 octets, in
 * base64url 119 characters:
 *
 *     version of the key 1 | nonce 16 | day 8 | output 64
 *
 * The output is the relay's VOPRF (voprf.ts) under a key of its own over a `restante/introduction/1` statement of
 * nonce | address | day (days since 1970, UTC). The relay evaluates it blinded, so it does not learn for whom.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "./base64url.ts";
import { encodeInteger } from "./integer.ts";
import { encodeStatement } from "./statement.ts";

export const INTRODUCTION_NONCE_SIZE = 16;

export interface Introduction {
  /** Of the key, 0 to 255. */
  readonly version: number;
  readonly nonce: Uint8Array;
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly output: Uint8Array;
}

/** What the function is evaluated over. */
export function introductionInput(nonce: Uint8Array, address: string, day: number): Uint8Array {
  return encodeStatement("introduction", [nonce, utf8ToBytes(address), encodeInteger(day)]);
}

export function formatIntroduction({ version, nonce, day, output }: Introduction): string {
  return encodeBase64url(concatBytes(Uint8Array.of(version), nonce, encodeInteger(day), output));
}
