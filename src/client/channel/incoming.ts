/**
 * A channel that a peer founded to this device: vault entry `channel/in/<channel id>`,
 *
 *     frontier chain key 32 | frontier 2 | next 2 | kept 2 | created 8 | ends 8 | length of founder 1 | founder
 *     | for each skip:  position 2 | at 8
 *
 * Positions below `frontier` were stepped through already: each that was not opened has its key and tag in
 * expected.ts, and no chain key that leads back to it exists. `next` is one above the highest opened.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { Cursor, encodeShort } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { DAY, MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { deleteExpected, putExpected } from "./expected.ts";
import { CHANNEL_MESSAGES, CHANNEL_USE, LOOK_AHEAD } from "./limits.ts";
import { SECRET_SIZE, step } from "./ratchet.ts";

export const INCOMING_PREFIX = "channel/in/";
const LONGEST_TTL = MAX_TTL_SECONDS * 1000;

/** A founder seals for a day of use, and what it sealed last is held for the longest TTL at most. */
const KEPT_AFTER_FOUNDING = CHANNEL_USE + LONGEST_TTL;

/** Skips within an hour count as one, so that a peer who skips every other message can't make the entry grow. */
const SKIP_GRAIN = DAY / 24;

/** At `at`, a message was opened above positions that were not, all of them below `below`. */
interface Skip {
  readonly below: number;
  readonly at: number;
}

export interface Incoming {
  readonly founder: string;
  readonly frontierKey: Uint8Array;
  readonly frontier: number;
  readonly next: number;
  /** Keys kept for positions below `next`. */
  readonly kept: number;
  /** The founder's word; tells which of two channels is newer. */
  readonly created: number;
  readonly ends: number;
  readonly skips: readonly Skip[];
}

/** The channel, unless its time is over. */
export function getIncoming(reader: VaultReader, channelId: Uint8Array, now: number): Incoming | undefined {
  const bytes = reader.get(nameOf(channelId));
  const incoming = bytes && decodeIncoming(bytes);
  return incoming === undefined || incoming.ends <= now ? undefined : incoming;
}

/** Takes a founded channel in, its message 0 opened: makes the first look-ahead. */
export function acceptIncoming(
  draft: VaultDraft,
  channelId: Uint8Array,
  founded: { founder: string; created: number; nextChainKey: Uint8Array },
  now: number,
): Incoming {
  return lookAhead(draft, channelId, {
    founder: founded.founder,
    frontierKey: founded.nextChainKey,
    frontier: 1,
    next: 1,
    kept: 0,
    created: founded.created,
    ends: now + KEPT_AFTER_FOUNDING,
    skips: [],
  });
}

/** Moves the channel on after the message at `position` was opened; its key and tag are gone with this. */
export function advanceIncoming(
  draft: VaultDraft,
  channelId: Uint8Array,
  incoming: Incoming,
  opened: { position: number; tag: Uint8Array },
  now: number,
): Incoming {
  const { position } = opened;
  deleteExpected(draft, opened.tag);
  if (position < incoming.next) {
    const filled = { ...incoming, kept: incoming.kept - 1 };
    putIncoming(draft, channelId, filled);
    return filled;
  }
  const skipped = position - incoming.next;
  return lookAhead(draft, channelId, {
    ...incoming,
    next: position + 1,
    kept: incoming.kept + skipped,
    skips: skipped === 0 ? incoming.skips : withSkip(incoming.skips, { below: position, at: now }),
  });
}

/**
 * When the key for `position` ends: for one that was skipped, the longest TTL after a later message was opened
 * (it was sealed before that one, so nobody holds it any longer), give or take an hour.
 */
export function keyEnds(incoming: Incoming, position: number): number {
  const skip = incoming.skips.find(({ below }) => position < below);
  return skip === undefined ? incoming.ends : Math.min(incoming.ends, skip.at + LONGEST_TTL);
}

export function putIncoming(draft: VaultDraft, channelId: Uint8Array, incoming: Incoming): void {
  draft.put(
    nameOf(channelId),
    concatBytes(
      incoming.frontierKey,
      encodeShort(incoming.frontier),
      encodeShort(incoming.next),
      encodeShort(incoming.kept),
      encodeInteger(incoming.created),
      encodeInteger(incoming.ends),
      Uint8Array.of(incoming.founder.length),
      utf8ToBytes(incoming.founder),
      ...incoming.skips.flatMap(({ below, at }) => [encodeShort(below), encodeInteger(at)]),
    ),
  );
}

export function deleteIncoming(draft: VaultDraft, channelId: Uint8Array): void {
  draft.delete(nameOf(channelId));
}

/** Steps on until tags for {@link LOOK_AHEAD} positions from `next` are stored: one step for a text in order. */
function lookAhead(draft: VaultDraft, channelId: Uint8Array, incoming: Incoming): Incoming {
  let { frontier, frontierKey } = incoming;
  for (; frontier < Math.min(incoming.next + LOOK_AHEAD, CHANNEL_MESSAGES); frontier++) {
    const { nextChainKey, messageKey, tag } = step(frontierKey);
    putExpected(draft, { tag, messageKey, channelId, position: frontier });
    frontierKey = nextChainKey;
  }
  const moved = { ...incoming, frontier, frontierKey };
  putIncoming(draft, channelId, moved);
  return moved;
}

function withSkip(skips: readonly Skip[], skip: Skip): Skip[] {
  const last = skips.at(-1);
  const sameHour =
    last !== undefined && Math.floor(last.at / SKIP_GRAIN) === Math.floor(skip.at / SKIP_GRAIN);
  return [...(sameHour ? skips.slice(0, -1) : skips), skip];
}

function nameOf(channelId: Uint8Array): string {
  return INCOMING_PREFIX + encodeBase64url(channelId);
}

function decodeIncoming(bytes: Uint8Array): Incoming {
  const cursor = new Cursor(bytes);
  const head = {
    frontierKey: cursor.octets(SECRET_SIZE),
    frontier: cursor.short(),
    next: cursor.short(),
    kept: cursor.short(),
    created: cursor.integer(),
    ends: cursor.integer(),
    founder: cursor.ascii(cursor.octet()),
  };
  const skips: Skip[] = [];
  while (cursor.left > 0 && cursor.sound) skips.push({ below: cursor.short(), at: cursor.integer() });
  return { ...head, skips };
}
