/**
 * Frames of the deposit socket (subprotocol `restante.deposits.v1`), one to a binary WebSocket message: many deposits
 * on one connection that says nothing of who sends them. Integers are 8 octets big-endian (integer.ts).
 *
 * Sender to relay:
 *
 *     deposits   0x81 | n × item
 *     item       number 8 | flags 1 | TTL 8 (seconds) | [key 16] | length 1, address | length 1, bearer |
 *                length 4 (big-endian), envelope
 *                flags: bit 0 = revocable, and the key is there; other bits are zero
 *                bearer: a delivery token or an introduction, as in the Authorization header
 *
 * Relay to sender, each item once, in whatever order the mailboxes answer:
 *
 *     answers    0x01 | n × answer
 *     answer     number 8 | outcome 1 | …
 *                0 problem     status 2 (big-endian) | Retry-After 8 (seconds, 0: none) | length 1, code
 *                1 delivered   2 held: heldUntil 8 (ms since 1970)   3 expired   4 revoked   5 undecided
 *
 * The sender counts its items: each number is greater than any before it on the socket. Anything else closes the
 * socket (close.ts), and nothing of that frame has been done. So does what is more than may be unanswered (limits.ts).
 */
import { concatBytes } from "@noble/hashes/utils.js";
import type { DepositAnswer, DepositState } from "./answers.ts";
import { Cursor, encodeShort } from "./cursor.ts";
import { encodeInteger, INTEGER_SIZE } from "./integer.ts";
import { MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "./limits.ts";

export const DEPOSIT_SUBPROTOCOL = "restante.deposits.v1";

export const DEPOSIT_KEY_SIZE = 16;

/** Octets of the largest frame that a sender may send. */
const MAX_DEPOSITS_FRAME = 1 + MAX_UNANSWERED_BYTES;

const DEPOSITS = 0x81;
const ANSWERS = 0x01;
const REVOCABLE = 0x01;
const PROBLEM = 0;
/** From outcome 1 on. */
const STATES: readonly DepositState[] = ["delivered", "held", "expired", "revoked", "undecided"];
const ENVELOPE_LENGTH_SIZE = 4;
const MAX_TEXT = 255;

export interface NumberedDeposit {
  readonly number: number;
  /** As in the path of a deposit over HTTP; printing ASCII, and not checked here. */
  readonly address: string;
  readonly bearer: string;
  readonly ttlSeconds: number;
  /** Of a revocable deposit. */
  readonly key?: Uint8Array;
  /** Not checked here: what is no envelope fails as an item, not as a frame. */
  readonly envelope: Uint8Array;
}

interface DepositProblem {
  /** What the answer over HTTP would have. */
  readonly status: number;
  /** Of problem-codes.ts; not checked here. */
  readonly code: string;
  readonly retryAfterSeconds?: number;
}

export interface NumberedAnswer {
  readonly number: number;
  readonly result: DepositAnswer | DepositProblem;
}

/** Octets of an item in a frame. */
export function depositItemSize({ address, bearer, key, envelope }: Omit<NumberedDeposit, "number">): number {
  const fields = 2 * INTEGER_SIZE + 3 + ENVELOPE_LENGTH_SIZE + (key?.length ?? 0);
  return fields + address.length + bearer.length + envelope.length;
}

/** @throws RangeError when a text is not 0 to 255 printing ASCII characters, or the key not 16 octets. */
export function encodeDeposits(items: readonly NumberedDeposit[]): Uint8Array {
  return concatBytes(Uint8Array.of(DEPOSITS), ...items.flatMap(encodeItem));
}

/**
 * Nobody is known who sends this, and of the smallest items 45,000 are a megabyte, which cost a second and fifty
 * megabytes to read: no more is read than may be taken.
 *
 * @returns `overrun` for what is more than one frame may hold, `malformed` for anything else that is not exactly one
 *   frame of a sender's
 */
export function decodeDeposits(bytes: Uint8Array): NumberedDeposit[] | "malformed" | "overrun" {
  if (bytes.length > MAX_DEPOSITS_FRAME) return "overrun";
  const cursor = new Cursor(bytes);
  if (cursor.octet() !== DEPOSITS) return "malformed";
  const items: NumberedDeposit[] = [];
  while (cursor.sound && cursor.left > 0) {
    if (items.length === MAX_UNANSWERED_DEPOSITS) return "overrun";
    const item = readItem(cursor);
    if (item.number <= (items.at(-1)?.number ?? -1)) return "malformed";
    items.push(item);
  }
  return cursor.sound && items.length > 0 ? items : "malformed";
}

/** @throws RangeError when a problem's code is not 0 to 255 printing ASCII characters. */
export function encodeDepositAnswers(answers: readonly NumberedAnswer[]): Uint8Array {
  return concatBytes(Uint8Array.of(ANSWERS), ...answers.flatMap(encodeAnswer));
}

/** @returns undefined for anything that is not exactly one frame of the relay's. */
export function decodeDepositAnswers(bytes: Uint8Array): NumberedAnswer[] | undefined {
  const cursor = new Cursor(bytes);
  if (cursor.octet() !== ANSWERS) return undefined;
  const answers: NumberedAnswer[] = [];
  while (cursor.sound && cursor.left > 0) {
    const answer = { number: cursor.integer(), result: readResult(cursor) };
    if (answer.result === undefined) return undefined;
    answers.push({ number: answer.number, result: answer.result });
  }
  return cursor.sound && answers.length > 0 ? answers : undefined;
}

function encodeItem({ number, address, bearer, ttlSeconds, key, envelope }: NumberedDeposit): Uint8Array[] {
  if (key !== undefined && key.length !== DEPOSIT_KEY_SIZE) throw new RangeError("key: 16 octets expected");
  const length = new Uint8Array(ENVELOPE_LENGTH_SIZE);
  new DataView(length.buffer).setUint32(0, envelope.length);
  return [
    encodeInteger(number),
    Uint8Array.of(key === undefined ? 0 : REVOCABLE),
    encodeInteger(ttlSeconds),
    ...(key === undefined ? [] : [key]),
    ...encodeText(address),
    ...encodeText(bearer),
    length,
    envelope,
  ];
}

function readItem(cursor: Cursor): NumberedDeposit {
  const number = cursor.integer();
  const flags = cursor.octet();
  if (flags > REVOCABLE) cursor.fail();
  const ttlSeconds = cursor.integer();
  const key = flags === REVOCABLE ? { key: cursor.octets(DEPOSIT_KEY_SIZE) } : {};
  const address = cursor.ascii(cursor.octet());
  const bearer = cursor.ascii(cursor.octet());
  const size = cursor.short() * 0x10000 + cursor.short();
  // The length is the sender's word: of one that no frame has room for not even zeros are made.
  if (size > cursor.left) cursor.fail();
  const envelope = cursor.sound ? cursor.octets(size) : new Uint8Array();
  return { number, address, bearer, ttlSeconds, ...key, envelope };
}

function encodeAnswer({ number, result }: NumberedAnswer): Uint8Array[] {
  const head = encodeInteger(number);
  if ("state" in result) {
    const outcome = Uint8Array.of(STATES.indexOf(result.state) + 1);
    return result.state === "held" ? [head, outcome, encodeInteger(result.heldUntil ?? 0)] : [head, outcome];
  }
  const retryAfter = encodeInteger(result.retryAfterSeconds ?? 0);
  return [head, Uint8Array.of(PROBLEM), encodeShort(result.status), retryAfter, ...encodeText(result.code)];
}

function readResult(cursor: Cursor): DepositAnswer | DepositProblem | undefined {
  const outcome = cursor.octet();
  if (outcome === PROBLEM) {
    const status = cursor.short();
    const retryAfterSeconds = cursor.integer();
    const code = cursor.ascii(cursor.octet());
    return { status, code, ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) };
  }
  const state = STATES[outcome - 1];
  if (state === undefined) return undefined;
  return state === "held" ? { state, heldUntil: cursor.integer() } : { state };
}

function encodeText(text: string): Uint8Array[] {
  if (text.length > MAX_TEXT || !/^[\x21-\x7e]*$/.test(text))
    throw new RangeError("text: 0 to 255 printing ASCII characters expected");
  return [Uint8Array.of(text.length), Uint8Array.from(text, (character) => character.charCodeAt(0))];
}
