/**
 * Number proofs: what a device is given for the right code, and shows when it wants to be found by its number.
 *
 *     root version, 1 octet | nonce, 24 | XChaCha20-Poly1305( E.164 text, padded with zeros to 16 | verified at, 8 )
 *
 * in base64url. Sealed under a secret of the root, so that the relay, which keeps no number, gets it back from the
 * device; the associated data is a `restante/number-proof/1` statement over the address, so that nobody else can use it.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { decodeInteger, encodeInteger, INTEGER_SIZE } from "../../protocol/integer.ts";
import { NUMBER_PROOF_LIFE } from "../../protocol/limits.ts";
import { encodeStatement } from "../../protocol/statement.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { currentSecret, liveSecrets } from "../secrets/derived.ts";
import { parseNumber, type TelephoneNumber } from "./number.ts";

const LABEL = "number-proof";
const NONCE_SIZE = 24;
/** `+` and 15 digits. */
const NUMBER_SIZE = 16;
const TAG_SIZE = 16;
const PROOF_SIZE = 1 + NONCE_SIZE + NUMBER_SIZE + INTEGER_SIZE + TAG_SIZE;

export interface NumberProof {
  readonly number: TelephoneNumber;
  /** When the code was answered, ms since 1970. */
  readonly verifiedAt: number;
}

/** @param address whose proof it is */
export function sealNumberProof(env: Env, address: string, proof: NumberProof): string {
  const secret = currentSecret(env, LABEL);
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_SIZE));
  const padded = new Uint8Array(NUMBER_SIZE);
  padded.set(utf8ToBytes(proof.number.text));
  const sealed = xchacha20poly1305(secret.bytes, nonce, associated(address)).encrypt(
    concatBytes(padded, encodeInteger(proof.verifiedAt)),
  );
  return encodeBase64url(concatBytes(Uint8Array.of(secret.rootVersion), nonce, sealed));
}

/**
 * @param now ms since 1970
 * @returns undefined for a proof of another device, one that was changed, and one whose time is over
 */
export function openNumberProof(
  env: Env,
  address: string,
  text: string,
  now: number,
): NumberProof | undefined {
  const bytes = decodeBase64url(text, PROOF_SIZE);
  if (bytes === undefined) return undefined;
  const plain = liveSecrets(env, LABEL, bytes[0] ?? 0)
    .map((secret) => open(secret.bytes, bytes, associated(address)))
    .find((opened) => opened !== undefined);
  if (plain === undefined) return undefined;
  const verifiedAt = decodeInteger(plain, NUMBER_SIZE);
  if (verifiedAt === undefined || now >= verifiedAt + NUMBER_PROOF_LIFE) return undefined;
  const number = parseNumber(decodeUtf8(plain.subarray(0, NUMBER_SIZE))?.replace(/\0+$/, "") ?? "");
  return number && { number, verifiedAt };
}

function open(key: Uint8Array, bytes: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  const nonce = bytes.subarray(1, 1 + NONCE_SIZE);
  try {
    return xchacha20poly1305(key, nonce, aad).decrypt(bytes.subarray(1 + NONCE_SIZE));
  } catch {
    return undefined;
  }
}

function associated(address: string): Uint8Array {
  return encodeStatement(LABEL, [utf8ToBytes(address)]);
}
