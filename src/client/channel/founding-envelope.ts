/**
 * A founding on the wire, with message 0 of its channel:
 *
 *     offset  size
 *          0     1   version, 0x01
 *          1    16   id of the recipient's key
 *         17  1120   enc: the encapsulated secret (X-Wing)
 *       1137   214   HPKE ciphertext of the founding (founding.ts)
 *       1351     …   message 0 (message.ts), padded to fill the size class
 *
 * HPKE `info` = "restante/founding/1" | 0x00 | recipient's full address | SHA-256 of the key (32).
 * HPKE `aad`  = version 1 | key id 16 | size of the whole envelope, 4 octets big-endian.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { ENVELOPE_HEADER_SIZE, encodeEnvelope, TAG_SIZE } from "../../protocol/envelope.ts";
import { KEY_ID_SIZE, keyHash } from "../../protocol/one-time-key.ts";
import type { Founding } from "./founding.ts";
import { channelIdOf, channelStatement, decodeFounding, encodeFounding, FOUNDING_SIZE } from "./founding.ts";
import { ENCAPSULATED_SIZE, HPKE_OVERHEAD, hpkeOpen, hpkeSeal } from "./hpke.ts";
import { associatedData, openMessage, SEAL_OVERHEAD, sealMessage } from "./message.ts";
import { firstChainKey, type Step, step } from "./ratchet.ts";

const CIPHERTEXT_SIZE = FOUNDING_SIZE + HPKE_OVERHEAD;
const MESSAGE_OFFSET = ENVELOPE_HEADER_SIZE + ENCAPSULATED_SIZE + CIPHERTEXT_SIZE;

/** Octets of a founding envelope besides message 0's plaintext and its padding. */
export const FOUNDING_OVERHEAD = MESSAGE_OFFSET + SEAL_OVERHEAD;

export interface OpenedFounding {
  readonly founding: Founding;
  readonly statement: Uint8Array;
  readonly channelId: Uint8Array;
  /** The step of message 0, and the chain key that follows it. */
  readonly first: Step;
  readonly plaintext: Uint8Array;
}

/** Where a private key was found by its id: what else opening needs to know. */
export interface FoundingKey {
  readonly privateKey: Uint8Array;
  readonly keyHash: Uint8Array;
}

export function foundingInfo(recipient: Address, hash: Uint8Array): Uint8Array {
  return concatBytes(utf8ToBytes(`restante/founding/1\0${recipient.text}`), hash);
}

/**
 * Seals a founding once, with message 0 inside.
 *
 * @returns undefined when `publicKey` cannot be sealed to
 * @throws RangeError when the plaintext does not fit `size`
 */
export async function sealFounding(
  founding: Founding,
  recipient: Address,
  publicKey: Uint8Array,
  plaintext: Uint8Array,
  size: number,
): Promise<{ bytes: Uint8Array; channelId: Uint8Array; nextChainKey: Uint8Array } | undefined> {
  const hash = keyHash(publicKey);
  const id = hash.slice(0, KEY_ID_SIZE);
  const statement = channelStatement(founding, recipient, hash);
  const first = step(firstChainKey(founding.secret, statement));
  const message = sealMessage(first, plaintext, size - MESSAGE_OFFSET, size);
  const info = foundingInfo(recipient, hash);
  const sealed = await hpkeSeal(publicKey, info, associatedData(id, size), encodeFounding(founding));
  if (sealed === undefined) return undefined;
  return {
    bytes: encodeEnvelope(id, concatBytes(sealed.enc, sealed.ciphertext, message)),
    channelId: channelIdOf(statement),
    nextChainKey: first.nextChainKey,
  };
}

/**
 * Opens a founding and its message 0. Verifies no signature yet (founding.ts).
 *
 * @returns undefined when it was not sealed to this key and recipient, or is not formed as above
 */
export async function openFounding(
  envelope: Uint8Array,
  recipient: Address,
  key: FoundingKey,
): Promise<OpenedFounding | undefined> {
  const id = envelope.slice(1, 1 + TAG_SIZE);
  const enc = envelope.slice(ENVELOPE_HEADER_SIZE, ENVELOPE_HEADER_SIZE + ENCAPSULATED_SIZE);
  const ciphertext = envelope.slice(ENVELOPE_HEADER_SIZE + ENCAPSULATED_SIZE, MESSAGE_OFFSET);
  const aad = associatedData(id, envelope.length);
  const bytes = await hpkeOpen(key.privateKey, foundingInfo(recipient, key.keyHash), aad, {
    enc,
    ciphertext,
  });
  const founding = bytes && decodeFounding(bytes);
  if (founding === undefined) return undefined;
  const statement = channelStatement(founding, recipient, key.keyHash);
  const first = step(firstChainKey(founding.secret, statement));
  const plaintext = openMessage(first, envelope.subarray(MESSAGE_OFFSET), envelope.length);
  if (plaintext === undefined) return undefined;
  return { founding, statement, channelId: channelIdOf(statement), first, plaintext };
}

/**
 * What a founding is remembered by once it was opened: its key's id and encapsulated secret. Not the id alone:
 * a relay that serves one key twice would make the second sender's founding pass for a double.
 */
export function foundingMark(envelope: Uint8Array): Uint8Array {
  return sha256(envelope.subarray(0, ENVELOPE_HEADER_SIZE + ENCAPSULATED_SIZE)).slice(0, TAG_SIZE);
}
