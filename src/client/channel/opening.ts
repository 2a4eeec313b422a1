/**
 * Opening an envelope: finds what it is by its first 17 octets, opens it, and moves the channel on in the
 * draft. One vault transaction must hold this and the text in the inbox journal; the acknowledgement comes
 * after a checkpoint, when the key that opened it can no longer be read back.
 */

import { type Address, parseAddress } from "../../protocol/address.ts";
import { decodeEnvelope } from "../../protocol/envelope.ts";
import { KEY_ID_SIZE } from "../../protocol/one-time-key.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { conversationOf } from "./conversation.ts";
import { type Expected, getExpected } from "./expected.ts";
import { dropExcessKeys, getFounder, hasRoom, noteFounded } from "./founder.ts";
import { verifyFounding } from "./founding.ts";
import { foundingMark, openFounding } from "./founding-envelope.ts";
import type { ChannelIdentity } from "./identity.ts";
import { acceptIncoming, advanceIncoming, getIncoming, keyEnds } from "./incoming.ts";
import { openMessage } from "./message.ts";
import { closeOutgoing, noteHeard } from "./outgoing.ts";
import { dropKeys, getPrivateKey, type PrivateKey } from "./pool.ts";
import { noteFoundedOnLastResort, noteOpened, wasFounded, wasOpened } from "./seen.ts";
import { decodePlaintext, type Plaintext } from "./text.ts";

export interface Opened {
  readonly outcome: "opened";
  readonly from: Address;
  readonly channelId: Uint8Array;
  readonly position: number;
  /** A text, or a founding that came ahead alone. */
  readonly plaintext: Plaintext;
  /**
   * The founder says it knows no earlier channel to this device, yet had one: it lost its state. Texts sealed
   * to it before are undecided; the channel to it has been closed and the next text founds a new one.
   */
  readonly founderLostState: boolean;
}

export type OpenOutcome =
  | Opened
  /** Opened before. Nothing was changed: acknowledge and drop. */
  | { readonly outcome: "double" }
  /** No key or tag here fits. Nothing was changed: perhaps its founding is still to come. */
  | { readonly outcome: "unknown" }
  /** A key fits and it is not sound, or the founder has too many channels. Nothing was changed. */
  | { readonly outcome: "refused" };

const DOUBLE = { outcome: "double" } as const;
const UNKNOWN = { outcome: "unknown" } as const;
const REFUSED = { outcome: "refused" } as const;

export async function openEnvelope(
  draft: VaultDraft,
  identity: ChannelIdentity,
  envelope: Uint8Array,
  now: number,
): Promise<OpenOutcome> {
  const parts = decodeEnvelope(envelope);
  if (parts === undefined) return REFUSED;
  const expected = getExpected(draft, parts.tag);
  if (expected !== undefined) return openNext(draft, identity, expected, parts.sealed, envelope.length, now);
  const mark = foundingMark(envelope);
  if (wasOpened(draft, parts.tag) || wasOpened(draft, mark)) return DOUBLE;
  const key = getPrivateKey(draft, parts.tag.slice(0, KEY_ID_SIZE), now);
  return key === undefined ? UNKNOWN : openFirst(draft, identity, key, envelope, mark, now);
}

function openNext(
  draft: VaultDraft,
  identity: ChannelIdentity,
  expected: Expected,
  sealed: Uint8Array,
  size: number,
  now: number,
): OpenOutcome {
  const { channelId, position, tag } = expected;
  const incoming = getIncoming(draft, channelId, now);
  if (incoming === undefined || keyEnds(incoming, position) <= now) return UNKNOWN;
  const from = parseAddress(incoming.founder);
  const bytes = openMessage(expected, sealed, size);
  const plaintext = bytes && readPlaintext(bytes, identity, from);
  if (from === undefined || plaintext === undefined) return REFUSED;

  const moved = advanceIncoming(draft, channelId, incoming, { position, tag }, now);
  noteOpened(draft, tag, now);
  if (moved.kept > incoming.kept) dropExcessKeys(draft, from.text, now);
  if (plaintext.heard !== undefined) noteHeard(draft, from.text, plaintext.heard);
  return { outcome: "opened", from, channelId, position, plaintext, founderLostState: false };
}

async function openFirst(
  draft: VaultDraft,
  identity: ChannelIdentity,
  key: PrivateKey,
  envelope: Uint8Array,
  mark: Uint8Array,
  now: number,
): Promise<OpenOutcome> {
  const opened = await openFounding(envelope, identity.address, key);
  if (opened === undefined || !verifyFounding(opened.founding, opened.statement)) return REFUSED;
  const { founding, channelId, first } = opened;
  const from = founding.founder;
  const plaintext = readPlaintext(opened.plaintext, identity, from);
  if (plaintext === undefined || from.text === identity.address.text) return REFUSED;
  if (wasFounded(draft, channelId)) return DOUBLE;
  if (!hasRoom(draft, from.text, now)) return REFUSED;

  if (key.lastResort) noteFoundedOnLastResort(draft, channelId, key.ends);
  else dropKeys(draft, [key.keyHash.slice(0, KEY_ID_SIZE)]);
  noteOpened(draft, mark, now);
  const known = getFounder(draft, from.text);
  const founderLostState =
    known !== undefined && founding.previous === undefined && founding.created > known.newestCreated;
  const { created } = founding;
  acceptIncoming(draft, channelId, { founder: from.text, created, nextChainKey: first.nextChainKey }, now);
  noteFounded(draft, from.text, { channelId, created }, now);
  if (founderLostState) closeOutgoing(draft, from.text);
  if (plaintext.heard !== undefined) noteHeard(draft, from.text, plaintext.heard);
  return { outcome: "opened", from, channelId, position: 0, plaintext, founderLostState };
}

/** A text of another conversation than the one that both ends derive is not for showing: there are no groups yet. */
function readPlaintext(
  bytes: Uint8Array,
  identity: ChannelIdentity,
  from: Address | undefined,
): Plaintext | undefined {
  const plaintext = decodePlaintext(bytes);
  if (plaintext?.kind !== "text" || from === undefined) return plaintext;
  const { conversation, members } = conversationOf(identity.address, from);
  const matches = (a: Uint8Array, b: Uint8Array) => a.every((octet, i) => octet === b[i]);
  return matches(plaintext.conversation, conversation) && matches(plaintext.members, members)
    ? plaintext
    : undefined;
}
