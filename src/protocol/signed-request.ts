/**
 * Signed requests: HTTP Message Signatures (RFC 9421) with the device's Ed25519 key, one profile for both ends.
 *
 * - covers `@method`, `@target-uri` and, when there is a body, `content-digest` (RFC 9530, sha-256)
 * - parameters `created`, `keyid` (the address), `alg` = `ed25519`, `tag` = `restante`; any label
 * - calls that change state carry `nonce`: decimal digits of an integer that only grows
 *
 * Here is what a device makes; request-verdict.ts is what a relay says of it, with a library for all of RFC 9421
 * that a device has no use for.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64 } from "./base64url.ts";

export const ALGORITHM = "ed25519";
export const TAG = "restante";

/** What stands in a signature base's line, in a field or between quotes (RFC 8941 §3.3.3) as it is. */
const PRINTS = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;

/** Signs with the device's key; pure Ed25519 (RFC 8032 §5.1.6). */
export type Sign = (data: Uint8Array) => Uint8Array;

export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  readonly contentDigest?: string | undefined;
}

/** The fields of these names. */
export interface SignatureFields {
  readonly signature: string;
  readonly signatureInput: string;
}

/** The `Content-Digest` field for a body. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${encodeBase64(sha256(body))}:`;
}

/** What must be covered, in the order in which devices cover it. */
export function coveredComponents(hasBody: boolean): string[] {
  return hasBody ? ["@method", "@target-uri", "content-digest"] : ["@method", "@target-uri"];
}

/**
 * Makes the `Signature` and `Signature-Input` fields (RFC 9421 §3.1).
 *
 * @param created seconds since 1970
 * @param nonce greater than any before, for calls that change state
 * @throws RangeError for a time or nonce that is no integer from 0 up, or text that could not stand in a signature
 *   base as it is: with a line break in it, a URL could pass for another
 */
export function signRequest(
  request: SignableRequest,
  address: string,
  sign: Sign,
  created: number,
  nonce?: number,
): SignatureFields {
  const { method, url, contentDigest: digest } = request;
  for (const text of [method, url, address, digest ?? "-"])
    if (!PRINTS.test(text)) throw new RangeError("request: ASCII that prints expected, without quotes");
  for (const number of [created, nonce ?? 0])
    if (!Number.isSafeInteger(number) || number < 0)
      throw new RangeError("created, nonce: 0 or more expected");

  const names = coveredComponents(digest !== undefined).map((name) => `"${name}"`);
  const stamp = nonce === undefined ? "" : `;nonce="${nonce}"`;
  const input = `(${names.join(" ")});created=${created};keyid="${address}";alg="${ALGORITHM}";tag="${TAG}"${stamp}`;
  // The signature base, RFC 9421 §2.5.
  const values = [method, url, digest];
  const lines = [...names.map((name, i) => `${name}: ${values[i]}`), `"@signature-params": ${input}`];
  const signature = sign(utf8ToBytes(lines.join("\n")));
  return { signature: `${TAG}=:${encodeBase64(signature)}:`, signatureInput: `${TAG}=${input}` };
}
