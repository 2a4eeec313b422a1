/**
 * Frames of the mailbox socket (subprotocol `restante.v1`), one to a binary WebSocket message.
 * Integers are 8 octets big-endian (integer.ts).
 *
 * Relay to device:
 *
 *     message       0x01 | flags 1 | id 8 | heldUntil 8 (ms since 1970) | envelope …
 *                   flags: bit 0 = revocable: show it only after `erased` confirms it; other bits are zero
 *     caught-up     0x02                                   nothing older waits; what follows is new
 *     erased        0x03 | n × ( id 8 | outcome 1 )        answers an acknowledge, in its order
 *                   outcome: 1 = this device has it: erased on this acknowledgement (a revocable one also when it
 *                                was acknowledged before, so that a lost confirmation can be asked for again)
 *                            2 = nothing there: acknowledged before, expired, revoked, or never held
 *     notice        0x04 | what 1                          something that the device has to ask about
 *                   what: 1 = the notice in force is newer than the one agreed to, and materially so
 *                         2 = somebody verified this device's number and is to be found by it instead
 *
 * Device to relay:
 *
 *     acknowledge   0x81 | n × id 8                        n from 1 to 256
 *
 * Text messages are only `ping`, answered with `pong` without waking the mailbox. Anything else closes the
 * socket (close.ts) and changes nothing.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { isEnvelope } from "./envelope.ts";
import { decodeInteger, encodeInteger, INTEGER_SIZE } from "./integer.ts";
import { MAX_ACKNOWLEDGED_IDS } from "./limits.ts";

export const SUBPROTOCOL = "restante.v1";
export const PING = "ping";
export const PONG = "pong";

const MESSAGE = 0x01;
const CAUGHT_UP = 0x02;
const ERASED = 0x03;
const NOTICE = 0x04;
const ACKNOWLEDGE = 0x81;
const REVOCABLE = 0x01;
const NOTICES = ["notice-changed", "number-claimed"] as const;
const MESSAGE_HEADER = 2 + 2 * INTEGER_SIZE;

/** Octets of the largest frame that a device may send. */
export const MAX_DEVICE_FRAME = 1 + MAX_ACKNOWLEDGED_IDS * INTEGER_SIZE;

interface MessageFrame {
  readonly kind: "message";
  readonly id: number;
  readonly heldUntil: number;
  readonly revocable: boolean;
  readonly body: Uint8Array;
}
export interface ErasedFrame {
  readonly kind: "erased";
  readonly results: readonly { readonly id: number; readonly erased: boolean }[];
}
/** What a device is told besides messages. In this order, from 1. */
export type NoticeFrame = { readonly kind: "notice"; readonly what: (typeof NOTICES)[number] };
export type RelayFrame = MessageFrame | { readonly kind: "caught-up" } | ErasedFrame | NoticeFrame;
export interface AcknowledgeFrame {
  readonly kind: "acknowledge";
  readonly ids: readonly number[];
}

export function encodeRelayFrame(frame: RelayFrame): Uint8Array {
  switch (frame.kind) {
    case "message":
      return concatBytes(
        Uint8Array.of(MESSAGE, frame.revocable ? REVOCABLE : 0),
        encodeInteger(frame.id),
        encodeInteger(frame.heldUntil),
        frame.body,
      );
    case "caught-up":
      return Uint8Array.of(CAUGHT_UP);
    case "erased":
      return concatBytes(
        Uint8Array.of(ERASED),
        ...frame.results.flatMap(({ id, erased }) => [encodeInteger(id), Uint8Array.of(erased ? 1 : 2)]),
      );
    case "notice":
      return Uint8Array.of(NOTICE, NOTICES.indexOf(frame.what) + 1);
  }
}

/** @returns undefined for anything that is not exactly one frame of the relay's. */
export function decodeRelayFrame(bytes: Uint8Array): RelayFrame | undefined {
  if (bytes[0] === CAUGHT_UP) return bytes.length === 1 ? { kind: "caught-up" } : undefined;
  if (bytes[0] === ERASED) return decodeErased(bytes);
  if (bytes[0] === NOTICE) return decodeNotice(bytes);
  if (bytes[0] !== MESSAGE) return undefined;
  const flags = bytes[1];
  const id = decodeInteger(bytes, 2);
  const heldUntil = decodeInteger(bytes, 2 + INTEGER_SIZE);
  const body = bytes.slice(MESSAGE_HEADER);
  if (flags === undefined || flags > REVOCABLE || id === undefined || heldUntil === undefined)
    return undefined;
  if (!isEnvelope(body)) return undefined;
  return { kind: "message", id, heldUntil, revocable: flags === REVOCABLE, body };
}

/** @throws RangeError unless there are 1 to 256 ids. */
export function encodeAcknowledge(ids: readonly number[]): Uint8Array {
  if (ids.length < 1 || ids.length > MAX_ACKNOWLEDGED_IDS) throw new RangeError("ids: 1 to 256 expected");
  return concatBytes(Uint8Array.of(ACKNOWLEDGE), ...ids.map(encodeInteger));
}

/** @returns undefined for anything that is not exactly one frame of a device's. */
export function decodeDeviceFrame(bytes: Uint8Array): AcknowledgeFrame | undefined {
  if (bytes[0] !== ACKNOWLEDGE || bytes.length > MAX_DEVICE_FRAME) return undefined;
  if (bytes.length === 1 || (bytes.length - 1) % INTEGER_SIZE !== 0) return undefined;
  const ids: number[] = [];
  for (let at = 1; at < bytes.length; at += INTEGER_SIZE) {
    const id = decodeInteger(bytes, at);
    if (id === undefined) return undefined;
    ids.push(id);
  }
  return { kind: "acknowledge", ids };
}

function decodeNotice(bytes: Uint8Array): NoticeFrame | undefined {
  const what = NOTICES[(bytes[1] ?? 0) - 1];
  return what === undefined || bytes.length !== 2 ? undefined : { kind: "notice", what };
}

function decodeErased(bytes: Uint8Array): ErasedFrame | undefined {
  const size = INTEGER_SIZE + 1;
  if (bytes.length === 1 || (bytes.length - 1) % size !== 0) return undefined;
  const results: { id: number; erased: boolean }[] = [];
  for (let at = 1; at < bytes.length; at += size) {
    const id = decodeInteger(bytes, at);
    const outcome = bytes[at + INTEGER_SIZE];
    if (id === undefined || (outcome !== 1 && outcome !== 2)) return undefined;
    results.push({ id, erased: outcome === 1 });
  }
  return { kind: "erased", results };
}
