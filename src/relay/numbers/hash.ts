import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { currentSecret } from "../secrets/derived.ts";
import { hmac } from "../secrets/hmac.ts";
import type { TelephoneNumber } from "./number.ts";

/**
 * The one form in which a number is kept: HMAC-SHA256 of its E.164 text under a secret of the root, base64url. There
 * are so few numbers that an unkeyed hash is as good as the number itself.
 */
export async function numberHash(env: Env, number: TelephoneNumber): Promise<string> {
  return encodeBase64url(await hmac(currentSecret(env, "number"), utf8ToBytes(number.text)));
}
