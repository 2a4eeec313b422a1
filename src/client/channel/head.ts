/**
 * What stands at the head of every message's content:
 *
 *     size
 *        1   kind (content.ts)
 *        1   flags: 0x01 revocable, 0x02 heard, 0x04 reply-to, 0x08 devices, 0x10 next key, 0x20 own copy
 *        8   sent at, ms since 1970
 *        2   known: the counter of the recipient's device list that the sender has; 0 for none
 *
 *     heard:       32   id of the newest channel received from the one this goes to
 *                   2   the highest position opened on it
 *
 *     reply-to:    49   the sender's delivery token
 *                   1   length of the origin, 1 to 128
 *                   …   the sender's relay's origin, ASCII
 *
 *     devices:      2   length, at least 1
 *                   …   the sender's device list (people/device-list.ts)
 *
 *     next key:  1216   public key: a one-time key of the sender's, for the recipient's next founding
 *                   8   expires
 *                  64   signature (protocol/one-time-key.ts)
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { type Cursor, encodeShort } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { type OneTimeKey, SIGNATURE_SIZE, X_WING_PUBLIC_KEY_SIZE } from "../../protocol/one-time-key.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import { MAX_ORIGIN_LENGTH } from "./limits.ts";

const TOKEN_SIZE = 49;

export const FLAGS = {
  revocable: 0x01,
  heard: 0x02,
  replyTo: 0x04,
  devices: 0x08,
  nextKey: 0x10,
  ownCopy: 0x20,
} as const;
const ALL_FLAGS = 0x3f;

/** Names the peer's newest channel, so that its founder knows it arrived, and how far it got. */
export interface Heard {
  readonly channelId: Uint8Array;
  readonly reached: number;
}

/** Where and with what the sender can be answered. */
export interface ReplyTo {
  /** Delivery token, base64url. */
  readonly token: string;
  /** Origin of the relay. Not checked here: it is for the reader to judge. */
  readonly relay: string;
}

export interface Head {
  readonly sentAt: number;
  readonly known: number;
  readonly heard?: Heard;
  readonly replyTo?: ReplyTo;
  /** Encoded; for the reader to decode and verify. */
  readonly devices?: Uint8Array;
  /** Not verified here. Never a last-resort key. */
  readonly nextKey?: OneTimeKey;
}

/** Octets that a next key takes in a head. */
export const NEXT_KEY_SIZE = X_WING_PUBLIC_KEY_SIZE + 8 + SIGNATURE_SIZE;

/** @throws RangeError when a field is outside the form above. */
export function encodeHead(kind: number, ownFlags: number, head: Head): Uint8Array {
  const { sentAt, known, heard, replyTo, devices, nextKey } = head;
  const flags =
    ownFlags |
    (heard === undefined ? 0 : FLAGS.heard) |
    (replyTo === undefined ? 0 : FLAGS.replyTo) |
    (devices === undefined ? 0 : FLAGS.devices) |
    (nextKey === undefined ? 0 : FLAGS.nextKey);
  return concatBytes(
    Uint8Array.of(kind, flags),
    encodeInteger(sentAt),
    encodeShort(known),
    ...(heard === undefined ? [] : [heard.channelId, encodeShort(heard.reached)]),
    ...(replyTo === undefined ? [] : encodeReplyTo(replyTo)),
    ...(devices === undefined ? [] : [encodeShort(devices.length), devices]),
    ...(nextKey === undefined ? [] : [nextKey.publicKey, encodeInteger(nextKey.expires), nextKey.signature]),
  );
}

/** Reads a head; `cursor.sound` says at the end whether all was there. @returns undefined when it has another form */
export function decodeHead(cursor: Cursor): { kind: number; flags: number; head: Head } | undefined {
  const kind = cursor.octet();
  const flags = cursor.octet();
  const sentAt = cursor.integer();
  const known = cursor.short();
  if (flags > ALL_FLAGS) return undefined;
  const has = (flag: number) => (flags & flag) !== 0;
  const heard = has(FLAGS.heard)
    ? { heard: { channelId: cursor.octets(CHANNEL_ID_SIZE), reached: cursor.short() } }
    : {};
  const replyTo = has(FLAGS.replyTo) ? decodeReplyTo(cursor) : {};
  const devices = has(FLAGS.devices) ? { devices: cursor.octets(cursor.short()) } : {};
  if (replyTo === undefined || devices.devices?.length === 0) return undefined;
  const nextKey = has(FLAGS.nextKey) ? { nextKey: decodeNextKey(cursor) } : {};
  return { kind, flags, head: { sentAt, known, ...heard, ...replyTo, ...devices, ...nextKey } };
}

function encodeReplyTo(replyTo: ReplyTo): Uint8Array[] {
  const origin = utf8ToBytes(replyTo.relay);
  const token = decodeBase64url(replyTo.token, TOKEN_SIZE);
  if (token === undefined) throw new RangeError("replyTo: a delivery token expected");
  if (origin.length > MAX_ORIGIN_LENGTH)
    throw new RangeError("replyTo: an origin of at most 128 octets expected");
  return [token, Uint8Array.of(origin.length), origin];
}

function decodeReplyTo(cursor: Cursor): { replyTo: ReplyTo } | undefined {
  const token = encodeBase64url(cursor.octets(TOKEN_SIZE));
  const length = cursor.octet();
  if (length === 0 || length > MAX_ORIGIN_LENGTH) return undefined;
  return { replyTo: { token, relay: cursor.ascii(length) } };
}

function decodeNextKey(cursor: Cursor): OneTimeKey {
  const publicKey = cursor.octets(X_WING_PUBLIC_KEY_SIZE);
  const expires = cursor.integer();
  return { publicKey, lastResort: false, expires, signature: cursor.octets(SIGNATURE_SIZE) };
}
