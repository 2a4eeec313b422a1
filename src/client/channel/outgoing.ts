/**
 * The channel this device seals on, one a peer: vault entry `channel/out/<address>`,
 *
 *     flags 1 (bit 0 = open, bit 1 = answered) | counter 8 | channel id 32 | chain key 32, zeros when closed
 *     | next 2 | reached 2 | founded at 8 | founding ends 8 | confirmed 2
 *
 * A closed channel keeps its name and length, which the next founding tells, and no key.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { Cursor, encodeShort } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import type { Heard } from "./head.ts";
import { CHANNEL_MESSAGES, CHANNEL_USE, LOOK_AHEAD } from "./limits.ts";
import { SECRET_SIZE } from "./ratchet.ts";

export const OUTGOING_PREFIX = "channel/out/";
const OPEN = 0x01;
const ANSWERED = 0x02;

export interface Outgoing {
  readonly channelId: Uint8Array;
  /** The next message's, or undefined once the channel is closed. */
  readonly chainKey: Uint8Array | undefined;
  /** Position of the next message; how many were sealed. */
  readonly next: number;
  /** The highest position that the recipient is known to have. */
  readonly reached: number;
  /** The highest position that the peer itself has named, inside its own channel: proof, not the relay's word. */
  readonly confirmed: number;
  /** Whether the peer has named this channel: only then may an envelope outlive the founding's. */
  readonly answered: boolean;
  readonly foundedAt: number;
  /** When the founding's envelope leaves the peer's mailbox at the latest. */
  readonly foundingEnds: number;
  /** Texts sealed to this peer, over all channels. */
  readonly counter: number;
}

export function getOutgoing(reader: VaultReader, peer: string): Outgoing | undefined {
  const bytes = reader.get(OUTGOING_PREFIX + peer);
  return bytes && decodeOutgoing(bytes);
}

export function putOutgoing(draft: VaultDraft, peer: string, outgoing: Outgoing): void {
  const flags = (outgoing.chainKey === undefined ? 0 : OPEN) | (outgoing.answered ? ANSWERED : 0);
  draft.put(
    OUTGOING_PREFIX + peer,
    concatBytes(
      Uint8Array.of(flags),
      encodeInteger(outgoing.counter),
      outgoing.channelId,
      outgoing.chainKey ?? new Uint8Array(SECRET_SIZE),
      encodeShort(outgoing.next),
      encodeShort(outgoing.reached),
      encodeInteger(outgoing.foundedAt),
      encodeInteger(outgoing.foundingEnds),
      encodeShort(outgoing.confirmed),
    ),
  );
}

/**
 * The chain key to seal the next message with, or undefined when a new channel must be founded first: none
 * open, a day of use or 1,000 messages over, or so far ahead that the peer might not find the tag.
 */
export function usableChainKey(outgoing: Outgoing | undefined, now: number): Uint8Array | undefined {
  if (outgoing === undefined || isSpent(outgoing, now)) return undefined;
  return outgoing.next > outgoing.reached + LOOK_AHEAD ? undefined : outgoing.chainKey;
}

/**
 * How long an envelope sealed now may live, in seconds. Until the peer has named the channel, no envelope
 * outlives the founding's: it would arrive where nothing opens it.
 *
 * @returns undefined when less than half of what was asked is left: then it is time for a new founding.
 */
export function ttlWithinFounding(outgoing: Outgoing, asked: number, now: number): number | undefined {
  if (outgoing.answered) return asked;
  const whole = Math.floor((outgoing.foundingEnds - outgoing.foundedAt) / 1000);
  const left = Math.floor((outgoing.foundingEnds - now) / 1000);
  if (left < Math.min(asked, whole) / 2) return undefined;
  return Math.min(asked, left);
}

/** A text of the peer names the channel it has of ours, and how far it got. */
export function noteHeard(draft: VaultDraft, peer: string, heard: Heard): void {
  noteReached(draft, peer, heard.channelId, heard.reached, true);
}

/**
 * The recipient has the message at `position`, by the relay's word: it may be counted as reached, so that a
 * peer who reads and never answers costs no new founding. No proof that the founding was understood.
 */
export function noteDelivered(
  draft: VaultDraft,
  peer: Address,
  channelId: Uint8Array,
  position: number,
): void {
  noteReached(draft, peer.text, channelId, position, false);
}

/** The relay holds the founding's envelope only until `heldUntil`: later envelopes must end with it. */
export function noteFoundingHeld(
  draft: VaultDraft,
  peer: Address,
  channelId: Uint8Array,
  heldUntil: number,
): void {
  const outgoing = getOutgoing(draft, peer.text);
  if (outgoing === undefined || !isSame(outgoing.channelId, channelId)) return;
  const foundingEnds = Math.max(outgoing.foundedAt, Math.min(outgoing.foundingEnds, heldUntil));
  if (foundingEnds !== outgoing.foundingEnds) putOutgoing(draft, peer.text, { ...outgoing, foundingEnds });
}

/** Seals no more on the channel to `peer`; the next text founds a new one. */
export function closeOutgoing(draft: VaultDraft, peer: string): void {
  const outgoing = getOutgoing(draft, peer);
  if (outgoing?.chainKey !== undefined) putOutgoing(draft, peer, { ...outgoing, chainKey: undefined });
}

/** Closes what is no longer sealed on: its chain key would only help who copies the vault. */
export function sweepOutgoing(draft: VaultDraft, now: number): void {
  for (const [name, bytes] of draft.list(OUTGOING_PREFIX))
    if (isSpent(decodeOutgoing(bytes), now)) closeOutgoing(draft, name.slice(OUTGOING_PREFIX.length));
}

/** A clock before the founding has been set back: how much use is left can't be known. */
function isSpent(outgoing: Outgoing, now: number): boolean {
  const age = now - outgoing.foundedAt;
  return outgoing.next >= CHANNEL_MESSAGES || age < 0 || age >= CHANNEL_USE;
}

function noteReached(
  draft: VaultDraft,
  peer: string,
  channelId: Uint8Array,
  position: number,
  answers: boolean,
) {
  const outgoing = getOutgoing(draft, peer);
  if (outgoing === undefined || !isSame(outgoing.channelId, channelId)) return;
  const sealed = Math.min(position, outgoing.next - 1);
  const reached = Math.max(outgoing.reached, sealed);
  const confirmed = answers ? Math.max(outgoing.confirmed, sealed) : outgoing.confirmed;
  const answered = outgoing.answered || answers;
  if (reached !== outgoing.reached || confirmed !== outgoing.confirmed || answered !== outgoing.answered)
    putOutgoing(draft, peer, { ...outgoing, reached, confirmed, answered });
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => b[i] === octet);
}

function decodeOutgoing(bytes: Uint8Array): Outgoing {
  const cursor = new Cursor(bytes);
  const flags = cursor.octet();
  const counter = cursor.integer();
  const channelId = cursor.octets(CHANNEL_ID_SIZE);
  const chainKey = cursor.octets(SECRET_SIZE);
  return {
    counter,
    channelId,
    chainKey: (flags & OPEN) === 0 ? undefined : chainKey,
    next: cursor.short(),
    reached: cursor.short(),
    answered: (flags & ANSWERED) !== 0,
    foundedAt: cursor.integer(),
    foundingEnds: cursor.integer(),
    confirmed: cursor.short(),
  };
}
