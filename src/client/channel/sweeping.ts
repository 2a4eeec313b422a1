/** Forgetting what has ended. Openings skip it already; this takes it out of the vault. */
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { deleteExpected, listExpected } from "./expected.ts";
import { FOUNDER_PREFIX, getFounder, sweepFounders } from "./founder.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import {
  deleteIncoming,
  getIncoming,
  INCOMING_PREFIX,
  type Incoming,
  keyEnds,
  putIncoming,
} from "./incoming.ts";
import { OUTGOING_PREFIX, sweepOutgoing } from "./outgoing.ts";
import { sweepKeys } from "./pool.ts";
import { sweepSeen } from "./seen.ts";

/**
 * Keys, channels, kept message keys and marks of doubles whose time is over. For now and then, not for every text.
 *
 * @param life the time that never runs back (life-clock.ts): what this device can open ends by it
 */
export function sweepChannels(draft: VaultDraft, now: number, life = now): void {
  sweepKeys(draft, life);
  sweepSeen(draft, life);
  sweepOutgoing(draft, now);
  sweepIncoming(draft, life);
  sweepFounders(draft, life);
}

/**
 * Forgets every channel and every private key: on withdrawal, and when the vault turns out to be an old copy.
 * The next founding to a peer then names no previous channel, which tells it that the state was lost.
 */
export function forgetChannels(draft: VaultDraft): void {
  for (const prefix of ["channel/", "tag/", "key/", "opened/", "founded/"])
    for (const [name] of draft.list(prefix)) draft.delete(name);
}

/**
 * Forgets what there is of one peer, as if it had never written. Tags of its channels lead nowhere from now on and go
 * with the next sweep: to find them costs a look at all there are.
 */
export function forgetPeer(draft: VaultDraft, address: string): void {
  for (const channelId of getFounder(draft, address)?.channels ?? []) deleteIncoming(draft, channelId);
  for (const kind of ["founder", "out", "offered", "carried"]) draft.delete(`channel/${kind}/${address}`);
}

/** The devices that this one has, or had, a channel with. */
export function listChannelPeers(reader: VaultReader): string[] {
  const named = [OUTGOING_PREFIX, FOUNDER_PREFIX].flatMap((prefix) =>
    reader.list(prefix).map(([name]) => name.slice(prefix.length)),
  );
  return [...new Set(named)];
}

function sweepIncoming(draft: VaultDraft, now: number): void {
  const live = new Map<string, Incoming>();
  for (const [name] of draft.list(INCOMING_PREFIX)) {
    const id = name.slice(INCOMING_PREFIX.length);
    const channelId = decodeBase64url(id, CHANNEL_ID_SIZE);
    const incoming = channelId && getIncoming(draft, channelId, now);
    if (incoming !== undefined) live.set(id, incoming);
    else if (channelId !== undefined) deleteIncoming(draft, channelId);
  }
  const dropped = new Map<string, number>();
  for (const { tag, channelId, position } of listExpected(draft)) {
    const id = encodeBase64url(channelId);
    const incoming = live.get(id);
    if (incoming !== undefined && keyEnds(incoming, position) > now) continue;
    deleteExpected(draft, tag);
    dropped.set(id, (dropped.get(id) ?? 0) + 1);
  }
  for (const [id, count] of dropped) {
    const incoming = live.get(id);
    const channelId = decodeBase64url(id, CHANNEL_ID_SIZE);
    if (incoming && channelId) putIncoming(draft, channelId, { ...incoming, kept: incoming.kept - count });
  }
}
