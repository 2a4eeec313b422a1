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
 * socket (close.ts), and nothing of that frame has been done.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import type { DepositAnswer, DepositState } from "./answers.ts";
import { decodeInteger, encodeInteger, INTEGER_SIZE } from "./integer.ts";

export const DEPOSIT_SUBPROTOCOL = "restante.deposits.v1";

export const DEPOSIT_KEY_SIZE = 16;

const DEPOSITS = 0x81;
const ANSWERS = 0x01;
const REVOCABLE = 0x01;
const PROBLEM = 0;
/** From outcome 1 on. */
const STATES: readonly DepositState[] = ["delivered", "held", "expired", "revoked", "undecided"];
const ENVELOPE_LENGTH_SIZE = 4;
const STATUS_SIZE = 2;
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

export interface DepositProblem {
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

/** @returns undefined for anything that is not exactly one frame of a sender's. */
export function decodeDeposits(bytes: Uint8Array): NumberedDeposit[] | undefined {
  const reading = new Reading(bytes);
  if (reading.octet() !== DEPOSITS) return undefined;
  const items: NumberedDeposit[] = [];
  while (reading.isSound && !reading.isOver) {
    const item = readItem(reading);
    if (item.number <= (items.at(-1)?.number ?? -1)) return undefined;
    items.push(item);
  }
  return reading.isSound && items.length > 0 ? items : undefined;
}

/** @throws RangeError when a problem's code is not 0 to 255 printing ASCII characters. */
export function encodeDepositAnswers(answers: readonly NumberedAnswer[]): Uint8Array {
  return concatBytes(Uint8Array.of(ANSWERS), ...answers.flatMap(encodeAnswer));
}

/** @returns undefined for anything that is not exactly one frame of the relay's. */
export function decodeDepositAnswers(bytes: Uint8Array): NumberedAnswer[] | undefined {
  const reading = new Reading(bytes);
  if (reading.octet() !== ANSWERS) return undefined;
  const answers: NumberedAnswer[] = [];
  while (reading.isSound && !reading.isOver) {
    const answer = { number: reading.integer(), result: readResult(reading) };
    if (answer.result === undefined) return undefined;
    answers.push({ number: answer.number, result: answer.result });
  }
  return reading.isSound && answers.length > 0 ? answers : undefined;
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

function readItem(reading: Reading): NumberedDeposit {
  const number = reading.integer();
  const flags = reading.octet();
  if (flags > REVOCABLE) reading.fail();
  const ttlSeconds = reading.integer();
  const key = flags === REVOCABLE ? { key: reading.octets(DEPOSIT_KEY_SIZE) } : {};
  const address = reading.text();
  const bearer = reading.text();
  const envelope = reading.octets(reading.number(ENVELOPE_LENGTH_SIZE));
  return { number, address, bearer, ttlSeconds, ...key, envelope };
}

function encodeAnswer({ number, result }: NumberedAnswer): Uint8Array[] {
  const head = encodeInteger(number);
  if ("state" in result) {
    const outcome = Uint8Array.of(STATES.indexOf(result.state) + 1);
    return result.state === "held" ? [head, outcome, encodeInteger(result.heldUntil ?? 0)] : [head, outcome];
  }
  const status = Uint8Array.of(result.status >> 8, result.status & 0xff);
  const retryAfter = encodeInteger(result.retryAfterSeconds ?? 0);
  return [head, Uint8Array.of(PROBLEM), status, retryAfter, ...encodeText(result.code)];
}

function readResult(reading: Reading): DepositAnswer | DepositProblem | undefined {
  const outcome = reading.octet();
  if (outcome === PROBLEM) {
    const status = reading.number(STATUS_SIZE);
    const retryAfterSeconds = reading.integer();
    const code = reading.text();
    return { status, code, ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) };
  }
  const state = STATES[outcome - 1];
  if (state === undefined) return undefined;
  return state === "held" ? { state, heldUntil: reading.integer() } : { state };
}

function encodeText(text: string): Uint8Array[] {
  if (text.length > MAX_TEXT || !/^[\x21-\x7e]*$/.test(text))
    throw new RangeError("text: 0 to 255 printing ASCII characters expected");
  return [Uint8Array.of(text.length), Uint8Array.from(text, (character) => character.charCodeAt(0))];
}

/** Reads on past a fault with zeros and nothing, so that the fault need be looked for only once. */
class Reading {
  readonly #bytes: Uint8Array;
  #at = 0;
  #isSound = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isSound(): boolean {
    return this.#isSound;
  }

  get isOver(): boolean {
    return this.#at >= this.#bytes.length;
  }

  fail(): void {
    this.#isSound = false;
  }

  octet(): number {
    return this.number(1);
  }

  /** Of so many octets, at most 4. */
  number(size: number): number {
    return this.octets(size).reduce((value, octet) => value * 256 + octet, 0);
  }

  integer(): number {
    const value = decodeInteger(this.#bytes, this.#at);
    this.#at += INTEGER_SIZE;
    if (value === undefined) this.fail();
    return value ?? 0;
  }

  /** A copy: a view would take the whole frame along wherever it is sent. */
  octets(size: number): Uint8Array {
    const end = this.#at + size;
    if (end > this.#bytes.length) this.fail();
    const octets = this.#isSound ? this.#bytes.slice(this.#at, end) : new Uint8Array();
    this.#at = end;
    return octets;
  }

  text(): string {
    const octets = this.octets(this.octet());
    if (octets.some((octet) => octet < 0x21 || octet > 0x7e)) this.fail();
    return String.fromCharCode(...octets);
  }
}
