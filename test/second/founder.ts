/** "What the founder does". */
import { randomBytes } from "node:crypto";
import type { Body, Head, NextKey } from "./content.ts";
import { NEXT_KEY } from "./content.ts";
import { writeList } from "./device-list.ts";
import { channelOf, FOUNDING_HEAD, sealFounding, signFounding } from "./founding.ts";
import type { Incoming, Memory, Outgoing } from "./memory.ts";
import { hex, join, same } from "./octets.ts";
import { keyHash, keyId, makeKey, mayBeFoundedOn, type PublishedKey } from "./one-time-key.ts";
import { knownFor, ownList } from "./people.ts";
import { PLAIN_HEAD, sealMessage, sizeFor, step, VERSION } from "./sealed-message.ts";
import { DAY, LONGEST_TTL, SECOND } from "./times.ts";
import { writeContent } from "./writing-content.ts";

const MOST_MESSAGES = 1000;
const LOOK_AHEAD = 128;

export interface SealOptions {
  readonly now: number;
  readonly ttlSeconds: number;
  readonly claimed?: PublishedKey;
}

export interface Sealed {
  readonly octets: Uint8Array;
  readonly ttlSeconds: number;
  readonly channelId: Uint8Array;
  readonly position: number;
}

export type Sealing =
  | { readonly outcome: "sealed"; readonly envelopes: readonly Sealed[] }
  | { readonly outcome: "key-needed" | "key-refused" | "too-large" };

/** Seals a body to a device, founding first where that is due. */
export function seal(me: Memory, to: string, body: Body, options: SealOptions): Sealing {
  const { now, ttlSeconds } = options;
  const channel = current(me, to);
  if (channel !== undefined && !mustFoundAnew(me, channel, now, ttlSeconds)) {
    const sealed = sealOn(me, channel, body, options);
    return sealed ? { outcome: "sealed", envelopes: [sealed] } : { outcome: "too-large" };
  }
  const carried = me.carried.find(({ from }) => from === to);
  const key = options.claimed ?? (carried && { ...carried.key, lastResort: false });
  if (key === undefined) return { outcome: "key-needed" };
  if (!mayBeFoundedOn(to, key, now)) return { outcome: options.claimed ? "key-refused" : "key-needed" };
  const ride = ridesAlong(me, to, body, options);
  const founded = found(me, to, ride ? body : { kind: "bare" }, key, now);
  me.carried = me.carried.filter(({ from }) => from !== to);
  me.foundAnew.delete(to);
  if (ride) return { outcome: "sealed", envelopes: [founded] };
  const fresh = current(me, to);
  const sealed = fresh && sealOn(me, fresh, body, options);
  return sealed ? { outcome: "sealed", envelopes: [founded, sealed] } : { outcome: "too-large" };
}

/** The channel that this device seals on to the other, if it has one. */
export function current(me: Memory, to: string): Outgoing | undefined {
  const newest = me.outgoing.filter((channel) => channel.to === to).at(-1);
  return newest === undefined || newest.closed ? undefined : newest;
}

function mustFoundAnew(me: Memory, channel: Outgoing, now: number, ttlSeconds: number): boolean {
  return (
    now - channel.created >= DAY ||
    now < channel.created ||
    channel.next >= MOST_MESSAGES ||
    channel.next > channel.reached + LOOK_AHEAD ||
    me.foundAnew.has(channel.to) ||
    (channel.heard === undefined &&
      secondsLeft(channel, now) < Math.min(ttlSeconds, secondsLeft(channel, channel.created)) / 2)
  );
}

function secondsLeft(channel: Outgoing, now: number): number {
  return Math.floor((channel.foundingEnds - now) / SECOND);
}

function ridesAlong(me: Memory, to: string, body: Body, { now, ttlSeconds }: SealOptions): boolean {
  if (body.kind === "bare") return true;
  if (ttlSeconds < LONGEST_TTL || (body.kind === "text" && body.revocable)) return false;
  return sizeFor(FOUNDING_HEAD, writeContent(headFor(me, to, now, true), body)) !== undefined;
}

/** A founding with its message 0, for the longest TTL. */
function found(me: Memory, to: string, body: Body, key: PublishedKey, now: number): Sealed {
  const before = me.outgoing.filter((channel) => channel.to === to).at(-1);
  const unsigned = {
    secret: fresh(32),
    founder: me.address,
    previous: before && { channelId: before.channelId, sealed: before.next },
    created: now,
  };
  const hash = keyHash(key);
  const { channelId, chainKey } = channelOf(unsigned, to, hash);
  const first = step(chainKey);
  const content = writeContent(headFor(me, to, now, true), body);
  const size = sizeFor(FOUNDING_HEAD, content);
  if (size === undefined) throw new RangeError("a bare founding always fits");
  const founding = signFounding(unsigned, me.seed, to, hash);
  const octets = join(
    sealFounding(founding, to, key, fresh(64), size),
    sealMessage(first, fresh(24), content, FOUNDING_HEAD, size),
  );
  const channel: Outgoing = {
    to,
    channelId,
    created: now,
    chainKey: first.chainKey,
    next: 1,
    heard: undefined,
    reached: 0,
    foundingEnds: now + LONGEST_TTL * SECOND,
    closed: false,
    texts: [],
  };
  noteText(channel, body, 0);
  me.outgoing.push(channel);
  return { octets, ttlSeconds: LONGEST_TTL, channelId, position: 0 };
}

function sealOn(me: Memory, channel: Outgoing, body: Body, options: SealOptions): Sealed | undefined {
  const { now } = options;
  const head = headFor(me, channel.to, now, false);
  let content = writeContent(head, body);
  const size = sizeFor(PLAIN_HEAD, content);
  if (size === undefined) return undefined;
  const roomy = sizeFor(PLAIN_HEAD, new Uint8Array(content.length + NEXT_KEY)) === size;
  if (roomy && wantsNextKey(me, channel.to, now)) {
    content = writeContent({ ...head, nextKey: giveKey(me, channel.to, now) }, body);
  }
  const position = channel.next;
  const at = step(channel.chainKey);
  channel.chainKey = at.chainKey;
  channel.next += 1;
  noteText(channel, body, position);
  const asked = options.ttlSeconds;
  return {
    octets: join(VERSION, at.tag, sealMessage(at, fresh(24), content, PLAIN_HEAD, size)),
    ttlSeconds: channel.heard === undefined ? Math.min(asked, secondsLeft(channel, now)) : asked,
    channelId: channel.channelId,
    position,
  };
}

function noteText({ texts }: Outgoing, body: Body, position: number): void {
  if (body.kind === "text") texts.push({ id: hex(body.id), position, delivered: false, received: false });
}

function headFor(me: Memory, to: string, now: number, founds: boolean): Head {
  const newest = newestFrom(me, to);
  const list = ownList(me);
  const unknown = list !== undefined && (me.knownOf.get(to) ?? 0) < list.counter;
  return {
    sentAt: now,
    known: knownFor(me, to),
    heard: newest && { channelId: newest.channelId, reached: newest.highest },
    replyTo: founds ? me.reach : undefined,
    devices: unknown ? writeList(list) : undefined,
  };
}

function wantsNextKey(me: Memory, to: string, now: number): boolean {
  const given = me.given.find((one) => one.to === to);
  return given === undefined || now - given.at >= DAY;
}

function giveKey(me: Memory, to: string, now: number): NextKey {
  const key = makeKey(me, fresh(32), now);
  me.keys.push(key);
  me.given = [...me.given.filter((one) => one.to !== to), { to, id: keyId(key), at: now }];
  return { publicKey: key.publicKey, expires: key.expires, signature: key.signature };
}

/** The newest channel received from a peer: the greatest `created`; of two, the one that came later. */
export function newestFrom(me: Memory, peer: string): Incoming | undefined {
  return me.incoming
    .filter(({ from }) => from === peer)
    .sort((one, other) => one.created - other.created)
    .at(-1);
}

/** The relay said how long it holds a founding: that counts if it is earlier. */
export function foundingHeldUntil(me: Memory, channelId: Uint8Array, until: number): void {
  for (const channel of me.outgoing) {
    if (same(channel.channelId, channelId)) channel.foundingEnds = Math.min(channel.foundingEnds, until);
  }
}

/** The relay said that the envelope was delivered. */
export function delivered(me: Memory, { channelId, position }: Sealed): void {
  for (const channel of me.outgoing) {
    if (!same(channel.channelId, channelId)) continue;
    channel.reached = Math.max(channel.reached, position);
    for (const text of channel.texts) if (text.position === position) text.delivered = true;
  }
}

function fresh(length: number): Uint8Array {
  return Uint8Array.from(randomBytes(length));
}
