/**
 * Sealing a content: moves the channel on in the draft and gives the bytes back. One vault transaction must hold
 * this and the journal of those bytes, and only then may they leave: a chain that could be moved back would
 * seal two messages under one key. Retries send the same bytes.
 */
import type { Address } from "../../protocol/address.ts";
import { ENVELOPE_HEADER_SIZE, encodeEnvelope, sizeClass } from "../../protocol/envelope.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { type OneTimeKey, verifyOneTimeKey } from "../../protocol/one-time-key.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { beginChannel, foundingClass } from "./begin.ts";
import { dropCarried, getCarried, isOfferDue, offerKey } from "./carried.ts";
import { type Content, encodeMessage, type Message } from "./content.ts";
import { heardFrom } from "./founder.ts";
import { NEXT_KEY_SIZE, type ReplyTo } from "./head.ts";
import type { ChannelIdentity } from "./identity.ts";
import { SEAL_OVERHEAD, sealMessage } from "./message.ts";
import { getOutgoing, type Outgoing, putOutgoing, ttlWithinFounding, usableChainKey } from "./outgoing.ts";
import { step } from "./ratchet.ts";

const MESSAGE_OVERHEAD = ENVELOPE_HEADER_SIZE + SEAL_OVERHEAD;

export interface SealOptions {
  readonly now: number;
  /** The time by which private keys end (life-clock.ts), where it is not `now`. */
  readonly life?: number;
  /** What the sender asked for, from 0 to a week. */
  readonly ttlSeconds: number;
  /** A key claimed from the peer's mailbox; used only when a channel must be founded, and then before a carried one. */
  readonly claimed?: OneTimeKey;
  /** Told in foundings, so that the peer can answer. */
  readonly replyTo?: ReplyTo;
  /** Whether the peer must be told it in every message: it is another than before. */
  readonly tellsToken?: boolean;
  /** The counter of the peer's device list that this device has; none: 0. */
  readonly known?: number;
  /** This device's own list, encoded, when the peer must be told of it. */
  readonly devices?: Uint8Array;
}

export interface SealedEnvelope {
  readonly bytes: Uint8Array;
  /** Counted from `now`; less than was asked when the channel's founding ends earlier. */
  readonly ttlSeconds: number;
  readonly revocable: boolean;
  /** False for a founding that goes ahead alone. */
  readonly carriesContent: boolean;
  readonly channelId: Uint8Array;
  /** On its channel; 0 is the founding. */
  readonly position: number;
}

export type SealOutcome =
  /** In the order in which they must reach the mailbox. */
  | { readonly outcome: "sealed"; readonly envelopes: readonly SealedEnvelope[] }
  /** Nothing was changed: claim a key and call again. */
  | { readonly outcome: "key-needed" }
  /** Nothing was changed: the key, claimed or carried, is not the peer's own, has expired, or can't be sealed to. */
  | { readonly outcome: "key-refused" }
  /** Nothing was changed: it fits no envelope. */
  | { readonly outcome: "too-long" };

/**
 * Whether a key must be claimed before anything can be sealed for `peer`. Verifies nothing: of a carried key that
 * is not the peer's own, `seal` says that a key is needed.
 */
export function needsKey(reader: VaultReader, peer: Address, ttlSeconds: number, now: number): boolean {
  const outgoing = getOutgoing(reader, peer.text);
  if (outgoing && ttlWithinFounding(outgoing, ttlSeconds, now) !== undefined && usableChainKey(outgoing, now))
    return false;
  const carried = getCarried(reader, peer.text);
  return carried === undefined || carried.expires <= now;
}

/** @throws RangeError when `peer` is this device itself, or the TTL is not one. */
export async function seal(
  draft: VaultDraft,
  identity: ChannelIdentity,
  peer: Address,
  content: Content,
  options: SealOptions,
): Promise<SealOutcome> {
  const { now, ttlSeconds, devices, known = 0, life = now } = options;
  if (peer.text === identity.address.text) throw new RangeError("peer: another device expected");
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS)
    throw new RangeError("ttlSeconds: 0 to a week expected");

  const before = getOutgoing(draft, peer.text);
  const heard = heardFrom(draft, peer.text, now);
  const counts = content.kind === "text" || content.kind === "part";
  const message: Message = {
    head: {
      sentAt: now,
      known,
      ...(heard === undefined ? {} : { heard }),
      ...(options.tellsToken && options.replyTo ? { replyTo: options.replyTo } : {}),
      ...(devices === undefined ? {} : { devices }),
    },
    counter: counts ? (before?.counter ?? 0) + 1 : 0,
    content,
  };
  if (messageClass(message) === undefined) return { outcome: "too-long" };

  const ttl = before && ttlWithinFounding(before, ttlSeconds, now);
  if (before && ttl !== undefined && usableChainKey(before, now)) {
    const next = await sealNext(draft, identity, peer, before, message, ttl, life);
    return { outcome: "sealed", envelopes: [next] };
  }

  const { claimed } = options;
  const carried = claimed === undefined ? await usableCarried(draft, peer, now) : undefined;
  const key = claimed ?? carried;
  if (key === undefined) return { outcome: "key-needed" };
  if (claimed !== undefined && !(await verifyOneTimeKey(peer, claimed, now)))
    return { outcome: "key-refused" };
  const replyTo = options.replyTo === undefined ? {} : { replyTo: options.replyTo };
  const head = { ...message.head, ...replyTo };
  const along = encodeMessage({ ...message, head });
  const ridesAlong =
    content.kind === "bare" ||
    (!isRevocable(content) && ttlSeconds === MAX_TTL_SECONDS && foundingClass(along) !== undefined);
  const first = ridesAlong ? along : encodeMessage({ head, counter: 0, content: { kind: "bare" } });
  const begun = await beginChannel(identity, peer, key, first, before, now);
  if (begun === undefined) return { outcome: "key-refused" };
  if (carried !== undefined) dropCarried(draft, peer.text);
  const founding: SealedEnvelope = {
    bytes: begun.bytes,
    ttlSeconds: MAX_TTL_SECONDS,
    revocable: false,
    carriesContent: ridesAlong,
    channelId: begun.outgoing.channelId,
    position: 0,
  };
  if (ridesAlong) {
    putOutgoing(draft, peer.text, withCounter(begun.outgoing, message));
    return { outcome: "sealed", envelopes: [founding] };
  }
  const next = await sealNext(draft, identity, peer, begun.outgoing, message, ttlSeconds, life);
  return { outcome: "sealed", envelopes: [founding, next] };
}

/** Seals the channel's next message and leaves only the chain key after it. */
async function sealNext(
  draft: VaultDraft,
  identity: ChannelIdentity,
  peer: Address,
  outgoing: Outgoing,
  message: Message,
  ttlSeconds: number,
  life: number,
): Promise<SealedEnvelope> {
  const size = messageClass(message);
  if (size === undefined || outgoing.chainKey === undefined)
    throw new RangeError("outgoing: closed, or too long");
  const { channelId, next: position } = outgoing;
  const plaintext = encodeMessage(await withNextKey(draft, identity, peer, message, size, life));
  const keys = step(outgoing.chainKey);
  const sealed = sealMessage(keys, plaintext, size - ENVELOPE_HEADER_SIZE, size);
  const moved = { ...outgoing, chainKey: keys.nextChainKey, next: position + 1 };
  putOutgoing(draft, peer.text, withCounter(moved, message));
  const revocable = isRevocable(message.content);
  const bytes = encodeEnvelope(keys.tag, sealed);
  return { bytes, ttlSeconds, revocable, carriesContent: true, channelId, position };
}

/** Adds the key for the peer's next founding if one is due and costs no larger envelope. */
async function withNextKey(
  draft: VaultDraft,
  identity: ChannelIdentity,
  peer: Address,
  message: Message,
  size: number,
  life: number,
): Promise<Message> {
  const { sentAt: now } = message.head;
  const fits = MESSAGE_OVERHEAD + encodeMessage(message).length + NEXT_KEY_SIZE <= size;
  if (!fits || !isOfferDue(draft, peer.text, now)) return message;
  const nextKey = await offerKey(draft, identity, peer.text, { now, life });
  return { ...message, head: { ...message.head, nextKey } };
}

/** Verified here, where it is used: until then nobody else could have put it into the vault. */
async function usableCarried(
  reader: VaultReader,
  peer: Address,
  now: number,
): Promise<OneTimeKey | undefined> {
  const carried = getCarried(reader, peer.text);
  return carried !== undefined && (await verifyOneTimeKey(peer, carried, now)) ? carried : undefined;
}

function withCounter(outgoing: Outgoing, { counter }: Message): Outgoing {
  return counter === 0 ? outgoing : { ...outgoing, counter };
}

function isRevocable(content: Content): boolean {
  return (content.kind === "text" || content.kind === "part") && content.revocable;
}

function messageClass(message: Message): number | undefined {
  return sizeClass(MESSAGE_OVERHEAD + encodeMessage(message).length);
}
