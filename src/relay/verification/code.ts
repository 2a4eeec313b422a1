/** One-time codes, and the keyed hashes under which they and their object are known. */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import type { TelephoneNumber } from "../numbers/number.ts";
import { currentSecret } from "../secrets/derived.ts";
import { hmac } from "../secrets/hmac.ts";

const CODES = 1_000_000;
const DIGITS = 6;
const VERIFICATION_ID_SIZE = 16;

/** Six digits, each of the million as likely as any other. */
export function newCode(): string {
  // The last, incomplete million of 2^32 would make small codes a little more likely: draw again.
  const limit = Math.floor(2 ** 32 / CODES) * CODES;
  for (;;) {
    const [drawn = limit] = crypto.getRandomValues(new Uint32Array(1));
    if (drawn < limit) return String(drawn % CODES).padStart(DIGITS, "0");
  }
}

export function newVerificationId(): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(VERIFICATION_ID_SIZE)));
}

/** A million codes are tried in no time: the hash says nothing without the secret, nor in another verification. */
export function codeHash(env: Env, verificationId: string, code: string): Promise<string> {
  return keyedHash(env, `code\0${verificationId}\0${code}`);
}

/** The name of a number's object. */
export function objectName(env: Env, number: TelephoneNumber): Promise<string> {
  return keyedHash(env, `number\0${number.text}`);
}

async function keyedHash(env: Env, text: string): Promise<string> {
  return encodeBase64url(await hmac(currentSecret(env, "one-time-code"), utf8ToBytes(text)));
}
