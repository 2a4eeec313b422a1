/**
 * The plaintext of a message:
 *
 *     size
 *        1   kind: 0x00 = founding only, 0x01 = text
 *        1   flags: bit 0 = revocable (texts only), bit 1 = heard follows, bit 2 = reply-to follows; others zero
 *        8   sent at, ms since 1970
 *
 *     heard:       32   id of the newest channel received from the one this goes to
 *                   2   the highest position opened on it, big-endian
 *
 *     reply-to:    49   the sender's delivery token
 *                   1   length of the origin, 1 to 128
 *                   …   the sender's relay's origin, ASCII
 *
 *     text:        16   text id, random
 *                  16   conversation (conversation.ts)
 *                  32   hash of the member list
 *                   8   counter: the sender's texts in this conversation, from 1
 *                   …   body, UTF-8, to the end
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { Cursor, encodeShort } from "./cursor.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import { MAX_ORIGIN_LENGTH } from "./limits.ts";

export const TEXT_ID_SIZE = 16;
export const CONVERSATION_SIZE = 16;
const MEMBERS_SIZE = 32;
const TOKEN_SIZE = 49;

const FOUNDING_ONLY = 0x00;
const TEXT = 0x01;
const REVOCABLE = 0x01;
const HEARD = 0x02;
const REPLY_TO = 0x04;

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

interface Head {
  readonly sentAt: number;
  readonly heard?: Heard;
  readonly replyTo?: ReplyTo;
}

interface FoundingOnly extends Head {
  readonly kind: "founding-only";
}

export interface Text extends Head {
  readonly kind: "text";
  readonly id: Uint8Array;
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  readonly counter: number;
  readonly revocable: boolean;
  /** Code units that are no character (lone surrogates) travel as U+FFFD. */
  readonly body: string;
}

export type Plaintext = FoundingOnly | Text;

/** @throws RangeError when a field is outside the form above. */
export function encodePlaintext(plaintext: Plaintext): Uint8Array {
  const { heard, replyTo } = plaintext;
  const revocable = plaintext.kind === "text" && plaintext.revocable ? REVOCABLE : 0;
  const bytes = concatBytes(
    Uint8Array.of(
      plaintext.kind === "text" ? TEXT : FOUNDING_ONLY,
      revocable | (heard === undefined ? 0 : HEARD) | (replyTo === undefined ? 0 : REPLY_TO),
    ),
    encodeInteger(plaintext.sentAt),
    ...(heard === undefined ? [] : [heard.channelId, encodeShort(heard.reached)]),
    ...(replyTo === undefined ? [] : encodeReplyTo(replyTo)),
    ...(plaintext.kind === "text" ? encodeText(plaintext) : []),
  );
  if (decodePlaintext(bytes) === undefined) throw new RangeError("plaintext: a field has another length");
  return bytes;
}

/** @returns undefined for anything but the one exact form. */
export function decodePlaintext(bytes: Uint8Array): Plaintext | undefined {
  const cursor = new Cursor(bytes);
  const kind = cursor.octet();
  const flags = cursor.octet();
  const sentAt = cursor.integer();
  if (kind > TEXT || flags > (REVOCABLE | HEARD | REPLY_TO)) return undefined;
  const heard = (flags & HEARD) !== 0 ? { heard: decodeHeard(cursor) } : {};
  const replyTo = (flags & REPLY_TO) !== 0 ? decodeReplyTo(cursor) : {};
  if (replyTo === undefined) return undefined;
  const head = { sentAt, ...heard, ...replyTo };
  if (kind === FOUNDING_ONLY) {
    const whole = cursor.sound && cursor.left === 0 && (flags & REVOCABLE) === 0;
    return whole ? { kind: "founding-only", ...head } : undefined;
  }
  const id = cursor.octets(TEXT_ID_SIZE);
  const conversation = cursor.octets(CONVERSATION_SIZE);
  const members = cursor.octets(MEMBERS_SIZE);
  const counter = cursor.integer();
  // Two spellings of one text must not exist.
  const body = decodeUtf8(cursor.rest());
  if (!cursor.sound || body === undefined) return undefined;
  const revocable = (flags & REVOCABLE) !== 0;
  return { kind: "text", ...head, id, conversation, members, counter, revocable, body };
}

function encodeReplyTo(replyTo: ReplyTo): Uint8Array[] {
  const origin = utf8ToBytes(replyTo.relay);
  const token = decodeBase64url(replyTo.token, TOKEN_SIZE);
  if (token === undefined) throw new RangeError("replyTo: a delivery token expected");
  if (origin.length > MAX_ORIGIN_LENGTH)
    throw new RangeError("replyTo: an origin of at most 128 octets expected");
  return [token, Uint8Array.of(origin.length), origin];
}

function encodeText(text: Text): Uint8Array[] {
  const { id, conversation, members } = text;
  if (
    id.length !== TEXT_ID_SIZE ||
    conversation.length !== CONVERSATION_SIZE ||
    members.length !== MEMBERS_SIZE
  )
    throw new RangeError("text: ids of 16, a member hash of 32 octets expected");
  return [id, conversation, members, encodeInteger(text.counter), utf8ToBytes(text.body)];
}

function decodeHeard(cursor: Cursor): Heard {
  return { channelId: cursor.octets(CHANNEL_ID_SIZE), reached: cursor.short() };
}

function decodeReplyTo(cursor: Cursor): { replyTo: ReplyTo } | undefined {
  const token = encodeBase64url(cursor.octets(TOKEN_SIZE));
  const length = cursor.octet();
  if (length === 0 || length > MAX_ORIGIN_LENGTH) return undefined;
  return { replyTo: { token, relay: cursor.ascii(length) } };
}
