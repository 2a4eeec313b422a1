/**
 * One message under its own key: nonce 24 | XChaCha20-Poly1305 of the padded plaintext.
 *
 * Each key seals once. The random nonce stands behind that: a vault that came back from an old copy would seal
 * a second text under a key already used, and still under another nonce.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { ENVELOPE_VERSION } from "../../protocol/envelope.ts";
import { LENGTH_SIZE, pad, unpad } from "./padding.ts";
import type { Step } from "./ratchet.ts";

const NONCE_SIZE = 24;
const MAC_SIZE = 16;

/** Octets that sealing adds to a plaintext before it is padded. */
export const SEAL_OVERHEAD = NONCE_SIZE + LENGTH_SIZE + MAC_SIZE;

export type MessageKey = Pick<Step, "messageKey" | "tag">;

/** What the seal also covers: version 1 | tag or key id 16 | size of the whole envelope, 4 octets big-endian. */
export function associatedData(id: Uint8Array, envelopeSize: number): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, envelopeSize);
  return concatBytes(Uint8Array.of(ENVELOPE_VERSION), id, size);
}

/**
 * @param room octets that the sealed message must fill
 * @throws RangeError when the plaintext does not fit
 */
export function sealMessage(
  key: MessageKey,
  plaintext: Uint8Array,
  room: number,
  envelopeSize: number,
): Uint8Array {
  const nonce = randomBytes(NONCE_SIZE);
  const cipher = xchacha20poly1305(key.messageKey, nonce, associatedData(key.tag, envelopeSize));
  return concatBytes(nonce, cipher.encrypt(pad(plaintext, room - NONCE_SIZE - MAC_SIZE)));
}

/** @returns undefined when it was not sealed under this key, for this tag and size, or is padded otherwise. */
export function openMessage(
  key: MessageKey,
  sealed: Uint8Array,
  envelopeSize: number,
): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD) return undefined;
  const nonce = sealed.subarray(0, NONCE_SIZE);
  const cipher = xchacha20poly1305(key.messageKey, nonce, associatedData(key.tag, envelopeSize));
  try {
    return unpad(cipher.decrypt(sealed.subarray(NONCE_SIZE)));
  } catch {
    return undefined;
  }
}
