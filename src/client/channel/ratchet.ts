/**
 * The hash ratchet of a channel: HKDF-SHA256 (RFC 5869) with no salt, one call a step. It only goes forward:
 * from a chain key all later keys follow, and no earlier one.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { TAG_SIZE } from "../../protocol/envelope.ts";

/** Octets of a founding's secret, a chain key, a message key. */
export const SECRET_SIZE = 32;

const STEP = utf8ToBytes("restante/step/1");
const COMMITMENT = utf8ToBytes("restante/commitment/1");

export interface Step {
  readonly nextChainKey: Uint8Array;
  readonly messageKey: Uint8Array;
  /** Names the message on the wire; says nothing of the channel to who has not its chain key. */
  readonly tag: Uint8Array;
}

/** What a channel statement says of the secret without giving it away. */
export function commitment(secret: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, undefined, COMMITMENT, SECRET_SIZE);
}

/** Both ends' names and the key founded on are in the statement, so nobody can pass another's channel off as theirs. */
export function firstChainKey(secret: Uint8Array, statement: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, undefined, statement, SECRET_SIZE);
}

export function step(chainKey: Uint8Array): Step {
  const out = hkdf(sha256, chainKey, undefined, STEP, 2 * SECRET_SIZE + TAG_SIZE);
  return {
    nextChainKey: out.slice(0, SECRET_SIZE),
    messageKey: out.slice(SECRET_SIZE, 2 * SECRET_SIZE),
    tag: out.slice(2 * SECRET_SIZE),
  };
}
