/**
 * Keys of a verifiable oblivious pseudorandom function (protocol/voprf.ts), as a secret lists them:
 *
 *     version ":" scalar of 32 octets in base64url        several separated by commas, newest first
 *
 * All that are listed are in use, so that one can follow another while both live. They are not derived from the
 * root: whoever holds the directory's can try all numbers, and a new root must not unlist everybody.
 */
import { ristretto255 } from "@noble/curves/ed25519.js";
import { decodeBase64url } from "../../protocol/base64url.ts";
import { SCALAR_SIZE } from "../../protocol/voprf.ts";

const VERSION = /^[1-9][0-9]{0,2}$/;
const MAX_VERSION = 255;

export interface VoprfKey {
  /** 1 to 255. */
  readonly version: number;
  /** A scalar, little-endian (RFC 9497 §4.1). */
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

// By the secret's text: an isolate meets two, and a public key costs a multiplication.
const read = new Map<string, readonly VoprfKey[]>();

/**
 * The keys in `text`, newest first; none when it is absent or empty, and the relay then offers nothing that needs one.
 *
 * @param name of the secret, for the error
 * @throws Error when `text` is malformed. The message does not contain it.
 */
export function voprfKeys(name: string, text: string | undefined): readonly VoprfKey[] {
  if (text === undefined || text === "") return [];
  const known = read.get(text);
  if (known !== undefined) return known;
  const keys = text.split(",").map((entry) => readKey(entry) ?? malformed(name));
  if (new Set(keys.map(({ version }) => version)).size !== keys.length) return malformed(name);
  read.set(text, keys);
  return keys;
}

function readKey(entry: string): VoprfKey | undefined {
  const [version = "", scalar = "", ...rest] = entry.split(":");
  const secretKey = decodeBase64url(scalar, SCALAR_SIZE);
  if (rest.length > 0 || !VERSION.test(version) || Number(version) > MAX_VERSION) return undefined;
  if (secretKey === undefined || !isScalar(secretKey)) return undefined;
  return { version: Number(version), secretKey, publicKey: publicKeyOf(secretKey) };
}

function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return ristretto255.Point.BASE.multiply(ristretto255.Point.Fn.fromBytes(secretKey)).toBytes();
}

/** Below the group's order and not zero: under zero every input has the same output. */
function isScalar(octets: Uint8Array): boolean {
  try {
    return !ristretto255.Point.Fn.is0(ristretto255.Point.Fn.fromBytes(octets));
  } catch {
    return false;
  }
}

function malformed(name: string): never {
  throw new Error(
    `${name}: "version:scalar of 32 octets in base64url" expected, or several separated by commas`,
  );
}
