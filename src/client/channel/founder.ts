/**
 * What one founder has open here: vault entry `channel/founder/<address>`,
 *
 *     newest channel id 32 | its created 8 | for each channel that may still be open:  channel id 32
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { Cursor } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { deleteExpected, listExpected } from "./expected.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import type { Heard } from "./head.ts";
import { getIncoming, putIncoming } from "./incoming.ts";
import { MAX_KEPT_KEYS } from "./limits.ts";

export const FOUNDER_PREFIX = "channel/founder/";

export interface Founder {
  /** The newest channel received, by its founder's `created`: late arrival of an older one changes nothing. */
  readonly newest: Uint8Array;
  readonly newestCreated: number;
  readonly channels: readonly Uint8Array[];
}

export function getFounder(reader: VaultReader, address: string): Founder | undefined {
  const bytes = reader.get(FOUNDER_PREFIX + address);
  return bytes && decodeFounder(bytes);
}

/** Whether this founder may open one channel more here, of `most`. */
export function hasRoom(reader: VaultReader, address: string, now: number, most: number): boolean {
  return openChannels(reader, getFounder(reader, address), now).length < most;
}

export function noteFounded(
  draft: VaultDraft,
  address: string,
  channel: { channelId: Uint8Array; created: number },
  now: number,
): void {
  const known = getFounder(draft, address);
  // Or else one founding with a clock far ahead would stay the newest for good.
  const ended = known !== undefined && getIncoming(draft, known.newest, now) === undefined;
  const newer = known === undefined || ended || channel.created >= known.newestCreated;
  putFounder(draft, address, {
    newest: newer ? channel.channelId : known.newest,
    newestCreated: newer ? channel.created : known.newestCreated,
    channels: [...openChannels(draft, known, now), channel.channelId],
  });
}

/**
 * Whether an earlier channel of this founder's is known: one founded at `created` that names none before it is then
 * news of a lost state. So it is if it comes late, behind one that names it, as long as the earlier is kept.
 */
export function hadChannelBefore(
  reader: VaultReader,
  address: string,
  created: number,
  now: number,
): boolean {
  const founder = getFounder(reader, address);
  if (founder === undefined || created > founder.newestCreated) return founder !== undefined;
  return openChannels(reader, founder, now).some((channelId) => {
    const channel = getIncoming(reader, channelId, now);
    return channel !== undefined && channel.created < created;
  });
}

/** Whether this is the newest channel from its founder: what an older one says of the founder is old news. */
export function isNewestChannel(reader: VaultReader, address: string, channelId: Uint8Array): boolean {
  return getFounder(reader, address)?.newest.every((octet, i) => octet === channelId[i]) === true;
}

/** How a text to `address` names the newest channel received from there. */
export function heardFrom(reader: VaultReader, address: string, now: number): Heard | undefined {
  const founder = getFounder(reader, address);
  const newest = founder && getIncoming(reader, founder.newest, now);
  return founder && newest && { channelId: founder.newest, reached: newest.next - 1 };
}

/** Keeps one founder's skipped messages from filling the vault: beyond {@link MAX_KEPT_KEYS} the oldest go. */
export function dropExcessKeys(draft: VaultDraft, address: string, now: number): void {
  const channels = openChannels(draft, getFounder(draft, address), now).flatMap((channelId) => {
    const incoming = getIncoming(draft, channelId, now);
    return incoming === undefined ? [] : [{ channelId, incoming }];
  });
  let excess = channels.reduce((sum, { incoming }) => sum + incoming.kept, 0) - MAX_KEPT_KEYS;
  if (excess <= 0) return;
  const expected = listExpected(draft);
  for (const { channelId, incoming } of channels) {
    const kept = expected
      .filter(
        (key) => key.position < incoming.next && key.channelId.every((octet, i) => channelId[i] === octet),
      )
      .sort((a, b) => a.position - b.position);
    const oldest = kept.slice(0, Math.max(0, excess));
    for (const { tag } of oldest) deleteExpected(draft, tag);
    if (oldest.length > 0)
      putIncoming(draft, channelId, { ...incoming, kept: incoming.kept - oldest.length });
    excess -= oldest.length;
  }
}

/** Forgets the names of channels that have ended; the newest one's is kept, for it tells a lost state. */
export function sweepFounders(draft: VaultDraft, now: number): void {
  for (const [name, bytes] of draft.list(FOUNDER_PREFIX)) {
    const founder = decodeFounder(bytes);
    const channels = openChannels(draft, founder, now);
    if (channels.length !== founder.channels.length)
      putFounder(draft, name.slice(FOUNDER_PREFIX.length), { ...founder, channels });
  }
}

function openChannels(reader: VaultReader, founder: Founder | undefined, now: number): Uint8Array[] {
  return (founder?.channels ?? []).filter((channelId) => getIncoming(reader, channelId, now) !== undefined);
}

function putFounder(draft: VaultDraft, address: string, founder: Founder): void {
  const { newest, newestCreated, channels } = founder;
  draft.put(FOUNDER_PREFIX + address, concatBytes(newest, encodeInteger(newestCreated), ...channels));
}

function decodeFounder(bytes: Uint8Array): Founder {
  const cursor = new Cursor(bytes);
  const newest = cursor.octets(CHANNEL_ID_SIZE);
  const newestCreated = cursor.integer();
  const channels: Uint8Array[] = [];
  while (cursor.left >= CHANNEL_ID_SIZE) channels.push(cursor.octets(CHANNEL_ID_SIZE));
  return { newest, newestCreated, channels };
}
