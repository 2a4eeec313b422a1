/**
 * HPKE's key schedule (RFC 9180 §5.1) and its encryption of one message (§6.1), base mode, HKDF-SHA256,
 * ChaCha20-Poly1305. From the KEM's shared secret come one key and one nonce; they seal one message and never a
 * second, so of the sequence numbers of §5.2 only the first is here, which leaves the base nonce as it is. What
 * would let secrets be exported (§5.3) is left out.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeShort } from "../../protocol/cursor.ts";

/** IANA's "HPKE" registry: X-Wing, there by its other name MLKEM768-X25519 (draft-ietf-hpke-pq). */
export const KEM_X_WING = 0x647a;
const KDF_HKDF_SHA256 = 0x0001;
const AEAD_CHACHA20_POLY1305 = 0x0003;
const MODE_BASE = 0x00;

const KEY_SIZE = 32;
const NONCE_SIZE = 12;

const VERSION = utf8ToBytes("HPKE-v1");
const EMPTY = new Uint8Array();

export interface MessageKey {
  /** 32 octets. */
  readonly key: Uint8Array;
  /** 12 octets. */
  readonly baseNonce: Uint8Array;
}

/**
 * The key of one message (§5.1, KeySchedule, without `psk` and `psk_id`).
 *
 * @param sharedSecret the KEM's
 * @param kem its identifier in IANA's registry
 */
export function messageKey(sharedSecret: Uint8Array, info: Uint8Array, kem: number): MessageKey {
  const suite = concatBytes(
    utf8ToBytes("HPKE"),
    ...[kem, KDF_HKDF_SHA256, AEAD_CHACHA20_POLY1305].map(encodeShort),
  );
  const pskIdHash = labeledExtract(suite, EMPTY, "psk_id_hash", EMPTY);
  const infoHash = labeledExtract(suite, EMPTY, "info_hash", info);
  const context = concatBytes(Uint8Array.of(MODE_BASE), pskIdHash, infoHash);
  const secret = labeledExtract(suite, sharedSecret, "secret", EMPTY);
  const key = labeledExpand(suite, secret, "key", context, KEY_SIZE);
  const baseNonce = labeledExpand(suite, secret, "base_nonce", context, NONCE_SIZE);
  return { key, baseNonce };
}

/** Seals the one message. */
export function sealOnce({ key, baseNonce }: MessageKey, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return chacha20poly1305(key, baseNonce, aad).encrypt(plaintext);
}

/** @throws Error when the message was not sealed with this key and `aad` */
export function openOnce({ key, baseNonce }: MessageKey, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  return chacha20poly1305(key, baseNonce, aad).decrypt(sealed);
}

/** RFC 9180 §4, LabeledExtract. */
function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return extract(sha256, concatBytes(VERSION, suite, utf8ToBytes(label), ikm), salt);
}

/** RFC 9180 §4, LabeledExpand. */
function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  size: number,
): Uint8Array {
  return expand(sha256, prk, concatBytes(encodeShort(size), VERSION, suite, utf8ToBytes(label), info), size);
}
