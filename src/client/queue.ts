/** The outbox's journal: sealed envelopes that have not been answered for, in the order they must be deposited. */
import { parseAddress } from "../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { closeOutgoing, getOutgoing, noteDelivered, noteFoundingHeld } from "./channel/outgoing.ts";
import { endIntroducing } from "./conversations/known.ts";
import { dropErrand, reopenErrand } from "./errands.ts";
import { type Piece, putPiece, type Sent } from "./sent.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "outbox/";
const COUNTER = "device/outbox-counter";

export interface Queued {
  /** A device's address. */
  readonly to: string;
  /** Base64url. */
  readonly envelope: string;
  readonly ttlSeconds: number;
  readonly expires: number;
  /** Base64url. */
  readonly channelId: string;
  /** On its channel; 0 is the founding, without which nothing after it opens. */
  readonly position: number;
  /** The piece of a text that it carries; none for foundings that go ahead and for what the devices tell each other. */
  readonly piece?: { readonly textId: string; readonly index: number };
  /** The errand that it carries: kept until the relay has this envelope. */
  readonly errand?: string;
  /** The conversation, base64url, whose definition it carries. */
  readonly introduces?: string;
  /** The deposit's key, base64url, when revocable. */
  readonly key?: string;
}

/** What became of a piece, as far as that changed. */
export type Outcome = Partial<Piece>;

/** @returns its name in the queue, which is never used again */
export function enqueue(draft: VaultDraft, queued: Queued): string {
  const count = (getJson<number>(draft, COUNTER) ?? 0) + 1;
  const name = PREFIX + String(count).padStart(16, "0");
  putJson(draft, COUNTER, count);
  putJson(draft, name, queued);
  return name;
}

/** Oldest first. */
export function listQueued(reader: VaultReader): [name: string, queued: Queued][] {
  return listJson<Queued>(reader, PREFIX);
}

/** Without reading the envelopes: a connected device asks every second. */
export function isQueueEmpty(reader: VaultReader): boolean {
  return reader.list(PREFIX).length === 0;
}

/**
 * An envelope needs no further try. What its outcome says of the text and of the channel is noted with it.
 *
 * @returns the texts whose state is another now
 */
export function finishQueued(
  draft: VaultDraft,
  name: string,
  queued: Queued,
  outcome: Outcome,
  now: number,
): Sent[] {
  // It was given up while it was on its way: what was said of it then stands.
  if (draft.get(name) === undefined) return [];
  const changed = drop(draft, name, queued, outcome);
  const peer = parseAddress(queued.to);
  const channelId = decodeBase64url(queued.channelId);
  if (peer === undefined || channelId === undefined) return changed;
  if (outcome.state === "delivered") noteDelivered(draft, peer, channelId, queued.position);
  if (queued.position > 0) return changed;
  if (outcome.heldUntil !== undefined) noteFoundingHeld(draft, peer, channelId, outcome.heldUntil);
  if (outcome.state === "delivered" || outcome.state === "held") return changed;
  return [...changed, ...endUnfounded(draft, queued, outcome, now)];
}

/**
 * The founding is not known to have arrived: what is sealed on its channel may open nowhere, and would be called
 * delivered. Unless the peer has named the channel, it is closed, and what waits behind the founding, which nobody
 * has tried yet, is not sent.
 */
function endUnfounded(
  draft: VaultDraft,
  { to, channelId }: Queued,
  { problem }: Outcome,
  now: number,
): Sent[] {
  const outgoing = getOutgoing(draft, to);
  if (outgoing && encodeBase64url(outgoing.channelId) === channelId) {
    if (outgoing.answered) return [];
    closeOutgoing(draft, to);
  }
  const isBehind = (other: Queued) => other.channelId === channelId;
  const expired = dropQueued(draft, (other) => isBehind(other) && other.expires <= now, { state: "expired" });
  const refused: Outcome = { state: "refused", ...(problem === undefined ? {} : { problem }) };
  return [...expired, ...dropQueued(draft, isBehind, refused)];
}

/**
 * Gives up on all envelopes that `which` picks; their texts' outcome is then the one given.
 *
 * @returns the texts whose state is another now
 */
export function dropQueued(draft: VaultDraft, which: (queued: Queued) => boolean, outcome: Outcome): Sent[] {
  return listQueued(draft).flatMap(([name, queued]) =>
    which(queued) ? drop(draft, name, queued, outcome) : [],
  );
}

export function forgetQueue(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}

function drop(draft: VaultDraft, name: string, queued: Queued, outcome: Outcome): Sent[] {
  const { to, piece, errand, introduces } = queued;
  draft.delete(name);
  const isTaken = outcome.state === "delivered" || outcome.state === "held";
  if (introduces !== undefined && !isTaken) endIntroducing(draft, introduces, to);
  if (errand !== undefined && isTaken) dropErrand(draft, errand);
  if (errand !== undefined && !isTaken) reopenErrand(draft, errand);
  const changed = piece && putPiece(draft, piece.textId, piece.index, outcome);
  return changed === undefined ? [] : [changed];
}
