/**
 * Introductions: what somebody sends as their bearer token who found an address by its number and was given no
 * delivery token. 89 octets in base64url, 119 characters, so that the two can't be confused:
 *
 *     version of the key 1 | nonce 16 | day 8 | output 64
 *
 * The output is that of VOPRF(ristretto255, SHA-512) (voprf.ts) under the relay's key for introductions, of a
 * `restante/introduction/1` statement over
 *
 *     nonce (16) | address | day, in days since 1970 UTC (8)
 *
 * It is got blinded: the relay counts how many somebody makes and learns neither for whom nor for which day, and the
 * mailbox, which learns both, cannot tell who made it. The nonce names the permit that it opens there.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { decodeInteger, encodeInteger, INTEGER_SIZE } from "./integer.ts";
import { DAY } from "./limits.ts";
import { encodeStatement } from "./statement.ts";
import { OUTPUT_SIZE } from "./voprf.ts";

export const INTRODUCTION_NONCE_SIZE = 16;
const DAY_AT = 1 + INTRODUCTION_NONCE_SIZE;
const OUTPUT_AT = DAY_AT + INTEGER_SIZE;
const INTRODUCTION_SIZE = OUTPUT_AT + OUTPUT_SIZE;

export interface Introduction {
  /** Of the relay's key, 1 to 255. */
  readonly keyVersion: number;
  /** Random, and never sent before. */
  readonly nonce: Uint8Array;
  /** See {@link introductionDay}. */
  readonly day: number;
  readonly output: Uint8Array;
}

/** The day of an introduction that is made now, in days since 1970 UTC. */
export function introductionDay(now: number): number {
  return Math.floor(now / DAY);
}

/** What goes through the VOPRF. */
export function introductionInput(address: string, nonce: Uint8Array, day: number): Uint8Array {
  return encodeStatement("introduction", [nonce, utf8ToBytes(address), encodeInteger(day)]);
}

/** @throws RangeError when a part has the wrong length or the version is not one octet from 1 on. */
export function formatIntroduction({ keyVersion, nonce, day, output }: Introduction): string {
  if (!Number.isInteger(keyVersion) || keyVersion < 1 || keyVersion > 255)
    throw new RangeError("introduction: a key version from 1 to 255 expected");
  if (nonce.length !== INTRODUCTION_NONCE_SIZE || output.length !== OUTPUT_SIZE)
    throw new RangeError("introduction: a nonce of 16 and an output of 64 octets expected");
  return encodeBase64url(concatBytes(Uint8Array.of(keyVersion), nonce, encodeInteger(day), output));
}

/** @returns undefined when `text` has not the form of an introduction. */
export function parseIntroduction(text: string): Introduction | undefined {
  const bytes = decodeBase64url(text, INTRODUCTION_SIZE);
  const keyVersion = bytes?.[0] ?? 0;
  const day = bytes && decodeInteger(bytes, DAY_AT);
  if (bytes === undefined || keyVersion === 0 || day === undefined) return undefined;
  return { keyVersion, nonce: bytes.slice(1, DAY_AT), day, output: bytes.slice(OUTPUT_AT) };
}
