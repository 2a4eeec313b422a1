/**
 * Opening an envelope: finds what it is by its first 17 octets, opens it, and moves the channel on in the
 * draft. One vault transaction must hold this and the text in the inbox journal; the acknowledgement comes
 * after a checkpoint, when the key that opened it can no longer be read back.
 */

import { type Address, parseAddress } from "../../protocol/address.ts";
import { decodeEnvelope } from "../../protocol/envelope.ts";
import { KEY_ID_SIZE } from "../../protocol/one-time-key.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import type { FoundingBudget } from "./budget.ts";
import { dropCarried, dropOffered, keepCarried, noteOfferUsed } from "./carried.ts";
import { decodeMessage, type Message } from "./content.ts";
import { type Expected, getExpected } from "./expected.ts";
import { dropExcessKeys, getFounder, hadChannelBefore, hasRoom, heardFrom, noteFounded } from "./founder.ts";
import { verifyFounding } from "./founding.ts";
import { foundingMark, openFounding } from "./founding-envelope.ts";
import type { ChannelIdentity } from "./identity.ts";
import { acceptIncoming, advanceIncoming, getIncoming, keyEnds } from "./incoming.ts";
import { MAX_LIVE_CHANNELS } from "./limits.ts";
import { openMessage } from "./message.ts";
import { closeOutgoing, getOutgoing, noteHeard } from "./outgoing.ts";
import { dropKeys, getPrivateKey, type PrivateKey } from "./pool.ts";
import { noteFoundedOnLastResort, noteOpened, wasFounded, wasOpened } from "./seen.ts";

export interface Opened {
  readonly outcome: "opened";
  readonly from: Address;
  readonly channelId: Uint8Array;
  readonly position: number;
  readonly message: Message;
  /**
   * The founder says it knows no earlier channel to this device, yet had one: it lost its state. What was sealed
   * to it before is undecided; the channel to it has been closed and the next text founds a new one.
   */
  readonly founderLostState: boolean;
  /**
   * The founder's first channel to this device names none of this device's, which has founded one: the two
   * foundings crossed, or the founder lost its state before anything of its had come here. The channel to it has
   * been closed as well; what was sealed on it opens if they crossed, so nothing is undecided.
   */
  readonly founderKnowsNothing: boolean;
}

export type OpenOutcome =
  | Opened
  /** Opened before. Nothing was changed: acknowledge and drop. */
  | { readonly outcome: "double" }
  /** No key or tag here fits, or not yet. Nothing was changed: perhaps what it needs is still to come. */
  | { readonly outcome: "unknown" }
  /** A key fits and it is not sound, or the founder has too many channels. Nothing was changed. */
  | { readonly outcome: "refused" };

/** Whether a message that opened may be taken. `not-yet` leaves it sealed, to be tried again. */
export type Admit = (from: Address, message: Message) => "admitted" | "not-yet" | "refused";

export interface OpeningContext {
  readonly identity: ChannelIdentity;
  readonly now: number;
  readonly budget: FoundingBudget;
  readonly admit: Admit;
  /** How many channels this founder may have open here; {@link MAX_LIVE_CHANNELS} unless it says less. */
  readonly channelsOf?: (founder: string) => number;
}

const DOUBLE = { outcome: "double" } as const;
const UNKNOWN = { outcome: "unknown" } as const;
const REFUSED = { outcome: "refused" } as const;

export async function openEnvelope(
  draft: VaultDraft,
  context: OpeningContext,
  envelope: Uint8Array,
): Promise<OpenOutcome> {
  const parts = decodeEnvelope(envelope);
  if (parts === undefined) return REFUSED;
  const expected = getExpected(draft, parts.tag);
  if (expected !== undefined) return openNext(draft, context, expected, parts.sealed, envelope.length);
  const mark = foundingMark(envelope);
  if (wasOpened(draft, parts.tag) || wasOpened(draft, mark)) return DOUBLE;
  const key = getPrivateKey(draft, parts.tag.slice(0, KEY_ID_SIZE), context.now);
  return key === undefined ? UNKNOWN : openFirst(draft, context, key, envelope, mark);
}

/** What opened could not be taken in, and its opening was undone: a founding has then left nothing open here. */
export function noteFailed(
  reader: VaultReader,
  { now, budget }: Pick<OpeningContext, "now" | "budget">,
  envelope: Uint8Array,
): void {
  const id = decodeEnvelope(envelope)?.tag.slice(0, KEY_ID_SIZE);
  const key = id && getPrivateKey(reader, id, now);
  if (key !== undefined) budget.spend(key, now);
}

function openNext(
  draft: VaultDraft,
  { now, admit }: OpeningContext,
  expected: Expected,
  sealed: Uint8Array,
  size: number,
): OpenOutcome {
  const { channelId, position, tag } = expected;
  const incoming = getIncoming(draft, channelId, now);
  if (incoming === undefined || keyEnds(incoming, position) <= now) return UNKNOWN;
  const from = parseAddress(incoming.founder);
  const bytes = openMessage(expected, sealed, size);
  const message = bytes && decodeMessage(bytes);
  if (from === undefined || message === undefined) return REFUSED;
  const verdict = admit(from, message);
  if (verdict !== "admitted") return verdict === "refused" ? REFUSED : UNKNOWN;

  const moved = advanceIncoming(draft, channelId, incoming, { position, tag }, now);
  noteOpened(draft, tag, now);
  if (moved.kept > incoming.kept) dropExcessKeys(draft, from.text, now);
  noteHead(draft, from.text, channelId, message, now);
  const opened = { outcome: "opened", from, channelId, position, message } as const;
  return { ...opened, founderLostState: false, founderKnowsNothing: false };
}

async function openFirst(
  draft: VaultDraft,
  { identity, now, budget, admit, channelsOf = () => MAX_LIVE_CHANNELS }: OpeningContext,
  key: PrivateKey,
  envelope: Uint8Array,
  mark: Uint8Array,
): Promise<OpenOutcome> {
  if (!budget.allows(key, now)) return UNKNOWN;
  const opened = await openFounding(envelope, identity.address, key);
  const message = opened && decodeMessage(opened.plaintext);
  const sound = opened !== undefined && (await verifyFounding(opened.founding, opened.statement));
  if (!sound || message === undefined || opened.founding.founder.text === identity.address.text) {
    budget.spend(key, now);
    return REFUSED;
  }
  const { founding, channelId, first } = opened;
  const from = founding.founder;
  const double = wasFounded(draft, channelId);
  const verdict =
    double || !hasRoom(draft, from.text, now, channelsOf(from.text)) ? "refused" : admit(from, message);
  if (verdict !== "admitted") {
    budget.spend(key, now);
    if (verdict === "not-yet") return UNKNOWN;
    return double ? DOUBLE : REFUSED;
  }

  const id = key.keyHash.slice(0, KEY_ID_SIZE);
  if (key.lastResort) noteFoundedOnLastResort(draft, channelId, key.ends);
  else dropKeys(draft, [id]);
  noteOfferUsed(draft, from.text, id);
  noteOpened(draft, mark, now);
  const known = getFounder(draft, from.text);
  // A last-resort key costs its users nothing, and addresses cost nothing either.
  if (known === undefined && key.lastResort) budget.spend(key, now);
  const founderLostState =
    founding.previous === undefined && hadChannelBefore(draft, from.text, founding.created, now);
  const founderKnowsNothing =
    known === undefined &&
    founding.previous === undefined &&
    message.head.heard === undefined &&
    getOutgoing(draft, from.text) !== undefined;
  const { created } = founding;
  acceptIncoming(draft, channelId, { founder: from.text, created, nextChainKey: first.nextChainKey }, now);
  noteFounded(draft, from.text, { channelId, created }, now);
  if (founderLostState || founderKnowsNothing) {
    closeOutgoing(draft, from.text);
    dropCarried(draft, from.text);
    dropOffered(draft, from.text);
  }
  noteHead(draft, from.text, channelId, message, now);
  const result = { outcome: "opened", from, channelId, position: 0, message } as const;
  return { ...result, founderLostState, founderKnowsNothing };
}

function noteHead(
  draft: VaultDraft,
  from: string,
  channelId: Uint8Array,
  { head }: Message,
  now: number,
): void {
  if (head.heard !== undefined) noteHeard(draft, from, head.heard);
  // What comes late, on an older channel, may name a key that its maker has lost since.
  const newest = heardFrom(draft, from, now)?.channelId;
  const isNewest = newest?.every((octet, i) => channelId[i] === octet) ?? false;
  if (head.nextKey !== undefined && isNewest) keepCarried(draft, from, head.nextKey);
}
