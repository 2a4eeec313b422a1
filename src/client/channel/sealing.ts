/**
 * Sealing a text: moves the channel on in the draft and gives the bytes back. One vault transaction must hold
 * this and the journal of those bytes, and only then may they leave: a chain that could be moved back would
 * seal two texts under one key. Retries send the same bytes.
 */
import { randomBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { ENVELOPE_HEADER_SIZE, encodeEnvelope, sizeClass } from "../../protocol/envelope.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { type OneTimeKey, verifyOneTimeKey } from "../../protocol/one-time-key.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { beginChannel, foundingClass } from "./begin.ts";
import { conversationOf } from "./conversation.ts";
import { heardFrom } from "./founder.ts";
import type { ChannelIdentity } from "./identity.ts";
import { SEAL_OVERHEAD, sealMessage } from "./message.ts";
import { getOutgoing, type Outgoing, putOutgoing, ttlWithinFounding, usableChainKey } from "./outgoing.ts";
import { step } from "./ratchet.ts";
import { encodePlaintext, type ReplyTo, TEXT_ID_SIZE, type Text } from "./text.ts";

const MESSAGE_OVERHEAD = ENVELOPE_HEADER_SIZE + SEAL_OVERHEAD;

export interface SealOptions {
  readonly now: number;
  /** What the sender asked for, from 0 to a week. */
  readonly ttlSeconds: number;
  readonly revocable: boolean;
  /** A key claimed from the peer's mailbox; used only when a channel must be founded. */
  readonly claimed?: OneTimeKey;
  /** Told in foundings, so that the peer can answer. */
  readonly replyTo?: ReplyTo;
}

export interface SealedEnvelope {
  readonly bytes: Uint8Array;
  /** Counted from `now`; less than was asked when the channel's founding ends earlier. */
  readonly ttlSeconds: number;
  readonly revocable: boolean;
  /** False for a founding that goes ahead alone. */
  readonly carriesText: boolean;
  readonly channelId: Uint8Array;
  /** On its channel; 0 is the founding. */
  readonly position: number;
}

export type SealOutcome =
  /** In the order in which they must reach the mailbox. `textId` is base64url. */
  | { readonly outcome: "sealed"; readonly textId: string; readonly envelopes: readonly SealedEnvelope[] }
  /** Nothing was changed: claim a key and call again. */
  | { readonly outcome: "key-needed" }
  /** Nothing was changed: the claimed key is not the peer's own, has expired, or cannot be sealed to. */
  | { readonly outcome: "key-refused" }
  /** Nothing was changed: it fits no envelope. */
  | { readonly outcome: "too-long" };

/** @throws RangeError when `peer` is this device itself, or the TTL is not one. */
export async function sealText(
  draft: VaultDraft,
  identity: ChannelIdentity,
  peer: Address,
  body: string,
  options: SealOptions,
): Promise<SealOutcome> {
  const { now, ttlSeconds, revocable, claimed } = options;
  if (peer.text === identity.address.text) throw new RangeError("peer: another device expected");
  if (!Number.isInteger(ttlSeconds) || ttlSeconds < 0 || ttlSeconds > MAX_TTL_SECONDS)
    throw new RangeError("ttlSeconds: 0 to a week expected");

  const before = getOutgoing(draft, peer.text);
  const heard = heardFrom(draft, peer.text, now);
  const head = { sentAt: now, ...(heard === undefined ? {} : { heard }) };
  const text: Text = {
    kind: "text",
    ...head,
    id: randomBytes(TEXT_ID_SIZE),
    ...conversationOf(identity.address, peer),
    counter: (before?.counter ?? 0) + 1,
    revocable,
    body,
  };
  const textId = encodeBase64url(text.id);
  const plaintext = encodePlaintext(text);
  if (sizeClass(MESSAGE_OVERHEAD + plaintext.length) === undefined) return { outcome: "too-long" };

  const ttl = before && ttlWithinFounding(before, ttlSeconds, now);
  if (before && ttl !== undefined && usableChainKey(before, now)) {
    const next = sealNext(draft, peer, before, plaintext, { ttlSeconds: ttl, revocable });
    return { outcome: "sealed", textId, envelopes: [next] };
  }

  if (claimed === undefined) return { outcome: "key-needed" };
  if (!verifyOneTimeKey(peer, claimed, now)) return { outcome: "key-refused" };
  const replyTo = options.replyTo === undefined ? {} : { replyTo: options.replyTo };
  const along = encodePlaintext({ ...text, ...replyTo });
  const ridesAlong = !revocable && ttlSeconds === MAX_TTL_SECONDS && foundingClass(along) !== undefined;
  const first = ridesAlong ? along : encodePlaintext({ kind: "founding-only", ...head, ...replyTo });
  const begun = await beginChannel(identity, peer, claimed, first, before, now);
  if (begun === undefined) return { outcome: "key-refused" };
  const founding: SealedEnvelope = {
    bytes: begun.bytes,
    ttlSeconds: MAX_TTL_SECONDS,
    revocable: false,
    carriesText: ridesAlong,
    channelId: begun.outgoing.channelId,
    position: 0,
  };
  if (ridesAlong) {
    putOutgoing(draft, peer.text, { ...begun.outgoing, counter: text.counter });
    return { outcome: "sealed", textId, envelopes: [founding] };
  }
  const next = sealNext(draft, peer, begun.outgoing, plaintext, { ttlSeconds, revocable });
  return { outcome: "sealed", textId, envelopes: [founding, next] };
}

/** Seals the channel's next message and leaves only the chain key after it. */
function sealNext(
  draft: VaultDraft,
  peer: Address,
  outgoing: Outgoing,
  plaintext: Uint8Array,
  asked: { ttlSeconds: number; revocable: boolean },
): SealedEnvelope {
  const size = sizeClass(MESSAGE_OVERHEAD + plaintext.length);
  if (size === undefined || outgoing.chainKey === undefined)
    throw new RangeError("outgoing: closed, or too long");
  const { channelId, next: position } = outgoing;
  const keys = step(outgoing.chainKey);
  const sealed = sealMessage(keys, plaintext, size - ENVELOPE_HEADER_SIZE, size);
  putOutgoing(draft, peer.text, {
    ...outgoing,
    chainKey: keys.nextChainKey,
    next: position + 1,
    counter: outgoing.counter + 1,
  });
  return { bytes: encodeEnvelope(keys.tag, sealed), ...asked, carriesText: true, channelId, position };
}
