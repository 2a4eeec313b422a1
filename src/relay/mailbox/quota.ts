/** What a mailbox may hold. At the limit the sender is refused and told; nothing is trimmed. */
import {
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_MARKS,
  MAX_PERMIT_BYTES,
  MAX_PERMIT_ENVELOPES,
  MAX_PERMIT_MARKS,
  MAX_PERMIT_MESSAGES,
  MAX_PERMITS,
  MAX_UNSEEN_MARKS,
} from "../../protocol/limits.ts";
import type { Occupancy } from "./window.ts";

/** What counts at a moment; what is due no longer does, whether or not the alarm has erased it yet. */
export interface Tally {
  /** Held messages and held revocable deposits. */
  readonly messages: number;
  /** Octets of their bodies. */
  readonly bytes: number;
  /** Revocable deposits, held ones included: each becomes a mark, and then there is nobody to refuse. */
  readonly marks: number;
  /** Those of the marks whose key was revoked before any deposit came under it. */
  readonly unseenMarks: number;
  /** The first moment at which something counted here is due; the tally holds until then. */
  readonly nextEnd: number;
  /** By when the alarm has to come for what is counted here. */
  readonly eraseBy: number;
}

/** What counts of strangers' at a moment, besides all that counts of everybody's. */
export interface PermitLoad {
  /** Open permits. */
  readonly permits: number;
  /** Held messages and revocable deposits that came under a permit, open or not. */
  readonly messages: number;
  /** Octets of their bodies. */
  readonly bytes: number;
  /** Revocable deposits that came under a permit, and their marks. */
  readonly marks: number;
}

/** @param live what the device was shown from memory: its place is kept, so that it can be held any moment */
export function hasRoom(tally: Tally, live: Occupancy, size: number): boolean {
  const messages = tally.messages + live.messages;
  return messages < MAX_HELD_MESSAGES && tally.bytes + live.bytes + size <= MAX_HELD_BYTES;
}

export function hasRoomForMark(tally: Tally): boolean {
  return tally.marks < MAX_MARKS;
}

export function hasRoomForUnseenMark(tally: Tally): boolean {
  return hasRoomForMark(tally) && tally.unseenMarks < MAX_UNSEEN_MARKS;
}

/** Whether one more stranger may be let in. */
export function hasRoomForPermit(load: PermitLoad): boolean {
  return load.permits < MAX_PERMITS;
}

/** Whether this stranger may leave one more envelope, or one more mark. */
export function mayLeaveAnother(envelopes: number): boolean {
  return envelopes < MAX_PERMIT_ENVELOPES;
}

/** Whether strangers together may have `size` octets more held here. */
export function hasRoomForIntroduced(load: PermitLoad, size: number): boolean {
  return load.messages < MAX_PERMIT_MESSAGES && load.bytes + size <= MAX_PERMIT_BYTES;
}

export function hasRoomForIntroducedMark(load: PermitLoad): boolean {
  return load.marks < MAX_PERMIT_MARKS;
}
