/**
 * A founding: what begins a channel. 198 octets, always, sealed with HPKE to one key of the recipient:
 *
 *     offset  size
 *          0    32   secret
 *         32     1   length of the founder's address
 *         33    52   founder's address, then zeros
 *         85     1   0x01 when the founder had a channel to this recipient before, else 0x00
 *         86    32   id of that channel, or zeros
 *        118     8   messages sealed on it, or zeros
 *        126     8   created, ms since 1970; tells which of two channels is newer and decides nothing else
 *        134    64   signature by the founder's address
 *
 * The signature is over a `restante/channel/1` statement of
 *
 *     founder | recipient | SHA-256 of the key founded on (32) | commitment to the secret (32)
 *     | previous channel (32), or nothing | messages sealed on it (8) | created (8)
 *
 * The recipient rebuilds the statement from what it knows itself: its own address, the key that opened the
 * founding, the secret. A founding made for another device, key or secret does not verify.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Address, MAX_ADDRESS_LENGTH, parseAddress } from "../../protocol/address.ts";
import { Cursor } from "../../protocol/cursor.ts";
import { SIGNATURE_SIZE, verifyDeviceSignatureAsync } from "../../protocol/device-signature.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { encodeStatement } from "../../protocol/statement.ts";
import { commitment, SECRET_SIZE } from "./ratchet.ts";

export const CHANNEL_ID_SIZE = 32;
export const FOUNDING_SIZE = 198;

interface PreviousChannel {
  readonly channelId: Uint8Array;
  /** Messages sealed on it, its founding's included. */
  readonly sealed: number;
}

export interface Founding {
  readonly secret: Uint8Array;
  readonly founder: Address;
  /** The founder's last channel to the same recipient; without one, the founder knows of none. */
  readonly previous?: PreviousChannel;
  readonly created: number;
  readonly signature: Uint8Array;
}

export function channelStatement(
  founding: Omit<Founding, "signature">,
  recipient: Address,
  keyHash: Uint8Array,
): Uint8Array {
  return encodeStatement("channel", [
    utf8ToBytes(founding.founder.text),
    utf8ToBytes(recipient.text),
    keyHash,
    commitment(founding.secret),
    founding.previous?.channelId ?? new Uint8Array(),
    encodeInteger(founding.previous?.sealed ?? 0),
    encodeInteger(founding.created),
  ]);
}

/** A channel's name: SHA-256 of its statement. */
export function channelIdOf(statement: Uint8Array): Uint8Array {
  return sha256(statement);
}

export function verifyFounding(founding: Founding, statement: Uint8Array): Promise<boolean> {
  return verifyDeviceSignatureAsync(founding.founder, statement, founding.signature);
}

export function encodeFounding(founding: Founding): Uint8Array {
  const address = new Uint8Array(MAX_ADDRESS_LENGTH);
  address.set(utf8ToBytes(founding.founder.text));
  return concatBytes(
    founding.secret,
    Uint8Array.of(founding.founder.text.length),
    address,
    Uint8Array.of(founding.previous === undefined ? 0 : 1),
    founding.previous?.channelId ?? new Uint8Array(CHANNEL_ID_SIZE),
    encodeInteger(founding.previous?.sealed ?? 0),
    encodeInteger(founding.created),
    founding.signature,
  );
}

/** @returns undefined for anything but the one form above; does not verify. */
export function decodeFounding(bytes: Uint8Array): Founding | undefined {
  if (bytes.length !== FOUNDING_SIZE) return undefined;
  const cursor = new Cursor(bytes);
  const secret = cursor.octets(SECRET_SIZE);
  const length = cursor.octet();
  if (length > MAX_ADDRESS_LENGTH) return undefined;
  const founder = parseAddress(cursor.ascii(length));
  const unused = cursor.octets(MAX_ADDRESS_LENGTH - length);
  const hadPrevious = cursor.octet();
  const channelId = cursor.octets(CHANNEL_ID_SIZE);
  const sealed = cursor.integer();
  const created = cursor.integer();
  const signature = cursor.octets(SIGNATURE_SIZE);
  if (!cursor.sound || founder === undefined || unused.some((octet) => octet !== 0)) return undefined;
  if (hadPrevious > 1) return undefined;
  if (hadPrevious === 0 && (sealed !== 0 || channelId.some((octet) => octet !== 0))) return undefined;
  const previous = hadPrevious === 1 ? { previous: { channelId, sealed } } : {};
  return { secret, founder, ...previous, created, signature };
}
