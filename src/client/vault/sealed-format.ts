/**
 * A vault's state, sealed: a header, a snapshot, and one record a transaction. A vault file is these one behind
 * another; a vault in IndexedDB keeps each by itself. Integers are big-endian.
 *
 *     header     "restante vault 1\n" 17 | key source 1 (0 raw, 1 scrypt) | log2 N 1 | r 1 | p 1 | salt 32
 *                | nonce 24 | data key, sealed under the master key over all before it 48
 *     record     length of the sealed change 4 | nonce 24 | head MAC 16 | sealed change
 *
 * Sealed is XChaCha20-Poly1305. A record is bound to its sequence number (0 is the snapshot), and by the data
 * key, which is new with each snapshot, to its snapshot: none can be removed before another, moved or brought
 * in. Nonces are random, because a sequence number whose record was torn is used again. The head's own MAC
 * (HMAC-SHA256, cut) tells a record that was cut short from one whose length was damaged: only the first may be
 * dropped.
 *
 * What no medium can show is that whole records are missing from its end: an old copy of a vault is a good vault.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes, randomBytes } from "@noble/ciphers/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeInteger } from "../../protocol/integer.ts";
import { type Change, decodeChange, encodeChange } from "./change.ts";
import { KEY_SIZE, type KeySource, SALT_SIZE } from "./master-key.ts";

const MAGIC = utf8ToBytes("restante vault 1\n");
const RAW = 0;
const SCRYPT = 1;
const NONCE_SIZE = 24;
const SEAL_SIZE = 16;
const MAC_SIZE = 16;
const SOURCE_SIZE = MAGIC.length + 4 + SALT_SIZE;
/** Octets before the sealed data key, and of the whole header. */
const BOUND_SIZE = SOURCE_SIZE + NONCE_SIZE;
export const HEADER_SIZE = BOUND_SIZE + KEY_SIZE + SEAL_SIZE;
const HEAD_SIZE = 4 + NONCE_SIZE + MAC_SIZE;

/** A file must not make us spend more than this on its key: 1 GiB. */
const MAX_SCRYPT = { logN: 20, r: 8, p: 4 };

/** The keys of one file, from its data key. */
export interface RecordKeys {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

/** Makes a header with a fresh data key. */
export function encodeHeader(
  source: KeySource,
  master: Uint8Array,
): { header: Uint8Array; keys: RecordKeys } {
  const cost = source === "raw" ? { logN: 0, r: 0, p: 0 } : source.cost;
  const dataKey = randomBytes(KEY_SIZE);
  const nonce = randomBytes(NONCE_SIZE);
  const bound = concatBytes(
    MAGIC,
    Uint8Array.of(source === "raw" ? RAW : SCRYPT, cost.logN, cost.r, cost.p),
    source === "raw" ? new Uint8Array(SALT_SIZE) : source.salt,
    nonce,
  );
  const wrapped = xchacha20poly1305(master, nonce, bound).encrypt(dataKey);
  const keys = recordKeys(dataKey);
  dataKey.fill(0);
  return { header: concatBytes(bound, wrapped), keys };
}

/** How the file's master key is made. @returns undefined when this is no header of ours. */
export function decodeKeySource(file: Uint8Array): KeySource | undefined {
  if (file.length < HEADER_SIZE || !MAGIC.every((octet, i) => file[i] === octet)) return undefined;
  const [kind, logN = 0, r = 0, p = 0] = file.subarray(MAGIC.length);
  if (kind === RAW) return "raw";
  if (kind !== SCRYPT || logN < 1 || r < 1 || p < 1) return undefined;
  if (logN > MAX_SCRYPT.logN || r > MAX_SCRYPT.r || p > MAX_SCRYPT.p) return undefined;
  return { salt: file.slice(MAGIC.length + 4, SOURCE_SIZE), cost: { logN, r, p } };
}

/** @returns undefined when `master` is not the key that sealed the header. */
export function openHeader(file: Uint8Array, master: Uint8Array): RecordKeys | undefined {
  const nonce = file.subarray(SOURCE_SIZE, BOUND_SIZE);
  try {
    const cipher = xchacha20poly1305(master, nonce, file.subarray(0, BOUND_SIZE));
    return recordKeys(cipher.decrypt(file.subarray(BOUND_SIZE, HEADER_SIZE)));
  } catch {
    return undefined;
  }
}

export function sealRecord(keys: RecordKeys, sequence: number, change: Change): Uint8Array {
  const nonce = randomBytes(NONCE_SIZE);
  const sealed = xchacha20poly1305(keys.body, nonce, encodeInteger(sequence)).encrypt(encodeChange(change));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, sealed.length);
  return concatBytes(length, nonce, headMac(keys, sequence, length, nonce), sealed);
}

/**
 * Opens the record at `offset`.
 *
 * @returns `torn` when the file ends within it; undefined when it is damaged or not the file's record `sequence`.
 */
export function openRecord(
  keys: RecordKeys,
  sequence: number,
  file: Uint8Array,
  offset: number,
): { readonly change: Change; readonly end: number } | "torn" | undefined {
  const sealedAt = offset + HEAD_SIZE;
  if (sealedAt > file.length) return "torn";
  const length = file.subarray(offset, offset + 4);
  const nonce = file.subarray(offset + 4, offset + 4 + NONCE_SIZE);
  const mac = file.subarray(offset + 4 + NONCE_SIZE, sealedAt);
  if (!equalBytes(mac, headMac(keys, sequence, length, nonce))) return undefined;
  const end = sealedAt + new DataView(file.buffer, file.byteOffset + offset, 4).getUint32(0);
  if (end > file.length) return "torn";
  try {
    const cipher = xchacha20poly1305(keys.body, nonce, encodeInteger(sequence));
    const change = decodeChange(cipher.decrypt(file.subarray(sealedAt, end)));
    return change && { change, end };
  } catch {
    return undefined;
  }
}

function recordKeys(dataKey: Uint8Array): RecordKeys {
  const derive = (label: string) => hkdf(sha256, dataKey, undefined, utf8ToBytes(label), KEY_SIZE);
  return { head: derive("restante vault record head"), body: derive("restante vault record body") };
}

function headMac(keys: RecordKeys, sequence: number, length: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hmac(sha256, keys.head, concatBytes(encodeInteger(sequence), length, nonce)).subarray(0, MAC_SIZE);
}
