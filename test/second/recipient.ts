/** "What the recipient does": opens, and changes nothing unless it opened. */
import { mayTake, type Verdict } from "./conversing.ts";
import { type DeviceList, isGood, readList } from "./device-list.ts";
import { current } from "./founder.ts";
import { channelOf, FOUNDING_HEAD, type Founding, MARKED, openFounding } from "./founding.ts";
import { sha256 } from "./hashing.ts";
import { hear, takeReceipt } from "./hearing.ts";
import { type Expected, forget, type Incoming, type Memory } from "./memory.ts";
import { same } from "./octets.ts";
import { keyHash, keyId, type OwnKey } from "./one-time-key.ts";
import { type Accepted, accept, isAcceptable } from "./people.ts";
import { type Content, readContent } from "./reading-content.ts";
import { isSize, openMessage, PLAIN_HEAD, step } from "./sealed-message.ts";
import { DAY, WEEK } from "./times.ts";

const LOOK_AHEAD = 128;
const MOST_MESSAGES = 1000;
const CHANNEL_KEPT = 8 * DAY;
const MOST_CHANNELS = 64;
const MOST_SKIPPED = 1000;

export interface Opened {
  readonly outcome: "opened";
  readonly from: string;
  readonly channelId: Uint8Array;
  readonly position: number;
  readonly content: Content;
  readonly devices: Accepted | undefined;
  /** The founder lost its state: ids of the texts to it of which nobody knows whether they arrived. */
  readonly undecided: readonly string[] | undefined;
}

export type Opening = Opened | { readonly outcome: "double" | "unknown" | "later" | "refused" };

interface Taken {
  readonly content: Content;
  readonly list: DeviceList | undefined;
}

export function open(me: Memory, envelope: Uint8Array, now: number): Opening {
  forget(me, now);
  if (envelope[0] !== 0x01 || !isSize(envelope.length)) return { outcome: "refused" };
  const tag = envelope.slice(1, PLAIN_HEAD);
  for (const channel of me.incoming) {
    const expected = channel.expected.find((one) => same(one.tag, tag));
    if (expected !== undefined) return openOn(me, channel, expected, envelope, now);
  }
  const mark = sha256(envelope.slice(0, MARKED)).slice(0, 16);
  if (me.marks.some(({ octets }) => same(octets, tag) || same(octets, mark))) return { outcome: "double" };
  const key = me.keys.find((own) => same(keyId(own), tag));
  return key === undefined ? { outcome: "unknown" } : openFounded(me, key, mark, envelope, now);
}

/** Whether what was sealed is of one exact form and may be taken. */
function take(me: Memory, from: string, octets: Uint8Array | undefined): Taken | Exclude<Verdict, "taken"> {
  const content = octets && readContent(octets);
  if (content === undefined) return "refused";
  const { devices } = content.head;
  const list = devices && readList(devices);
  if (devices && list === undefined) return "refused";
  const news = list && isAcceptable(me, from, list) ? list : undefined;
  if (news && !isGood(news)) return "refused";
  const { body } = content;
  const verdict = body.kind === "text" || body.kind === "part" ? mayTake(me, from, body, news) : "taken";
  return verdict === "taken" ? { content, list: news } : verdict;
}

function openOn(
  me: Memory,
  channel: Incoming,
  expected: Expected,
  envelope: Uint8Array,
  now: number,
): Opening {
  const octets = openMessage(expected, envelope.slice(PLAIN_HEAD), envelope.length);
  const taken = take(me, channel.from, octets);
  if (typeof taken === "string") return { outcome: taken };
  me.marks.push({ octets: expected.tag, ends: now + WEEK });
  advance(channel, expected.position, now);
  limitSkipped(me, channel.from);
  return finish(me, channel, expected.position, taken, undefined);
}

/** The opened key goes, earlier ones get an end, and the look-ahead moves up. */
function advance(channel: Incoming, position: number, now: number): void {
  channel.expected = channel.expected.filter((one) => one.position !== position);
  if (position <= channel.highest) return;
  channel.highest = position;
  for (const one of channel.expected) {
    if (one.position < position) one.ends ??= now + WEEK;
  }
  lookAhead(channel);
}

function lookAhead(channel: Incoming): void {
  while (channel.frontier <= Math.min(channel.highest + LOOK_AHEAD, MOST_MESSAGES - 1)) {
    const { chainKey, messageKey, tag } = step(channel.chainKey);
    channel.expected.push({ position: channel.frontier, tag, messageKey, ends: undefined });
    channel.chainKey = chainKey;
    channel.frontier += 1;
  }
}

function limitSkipped(me: Memory, from: string): void {
  const channels = me.incoming.filter((channel) => channel.from === from);
  const skipped = channels
    .flatMap((channel) => channel.expected.filter(({ position }) => position < channel.highest))
    .sort((one, other) => (one.ends ?? 0) - (other.ends ?? 0));
  const gone = skipped.slice(0, Math.max(0, skipped.length - MOST_SKIPPED));
  for (const channel of channels) {
    channel.expected = channel.expected.filter((one) => !gone.includes(one));
  }
}

function openFounded(me: Memory, key: OwnKey, mark: Uint8Array, envelope: Uint8Array, now: number): Opening {
  const founding = openFounding(envelope, me.address, key);
  if (founding === undefined || founding.founder === me.address) return { outcome: "refused" };
  const { channelId, chainKey } = channelOf(founding, me.address, keyHash(key));
  const isNew = ![...me.incoming, ...me.foundedOnLastResort].some((one) => same(one.channelId, channelId));
  const others = me.incoming.filter(({ from }) => from === founding.founder);
  if (!isNew || others.length >= MOST_CHANNELS) return { outcome: "refused" };
  const first = step(chainKey);
  const octets = openMessage(first, envelope.slice(FOUNDING_HEAD), envelope.length);
  const taken = take(me, founding.founder, octets);
  if (typeof taken === "string") return { outcome: taken };
  const channel: Incoming = {
    from: founding.founder,
    channelId,
    created: founding.created,
    ends: now + CHANNEL_KEPT,
    highest: 0,
    expected: [],
    chainKey: first.chainKey,
    frontier: 1,
  };
  lookAhead(channel);
  const lost = lostState(me, founding);
  const isUnknown = knowsNothing(me, founding, taken.content);
  const newest = me.newestCreated.get(channel.from);
  const ended = others.every(({ created }) => created !== newest);
  if (newest === undefined || ended || newest < channel.created) {
    me.newestCreated.set(channel.from, channel.created);
  }
  me.incoming.push(channel);
  me.marks.push({ octets: mark, ends: now + WEEK });
  me.given = me.given.filter(({ id }) => !same(id, keyId(key)));
  if (key.lastResort) me.foundedOnLastResort.push({ channelId, ends: key.ends });
  else me.keys = me.keys.filter((one) => one !== key);
  const undecided = lost ? undecidedFor(me, founding.founder) : undefined;
  if (lost || isUnknown) closeOwn(me, founding.founder);
  return finish(me, channel, 0, taken, undecided);
}

function lostState(me: Memory, { founder, previous, created }: Founding): boolean {
  const newest = me.newestCreated.get(founder);
  return previous === undefined && newest !== undefined && newest < created;
}

/** The first founding of somebody who names no channel of this device's, though there is one. */
function knowsNothing(me: Memory, { founder, previous }: Founding, { head }: Content): boolean {
  const isFirst = previous === undefined && me.newestCreated.get(founder) === undefined;
  return isFirst && head.heard === undefined && me.outgoing.some(({ to }) => to === founder);
}

/** Closes the channel to who does not know it, and forgets what that founder had of this device. */
function closeOwn(me: Memory, founder: string): void {
  me.carried = me.carried.filter(({ from }) => from !== founder);
  me.given = me.given.filter(({ to }) => to !== founder);
  me.knownOf.delete(founder);
  me.announced.delete(founder);
  for (const told of me.introduced) if (told.startsWith(`${founder} `)) me.introduced.delete(told);
  for (const channel of me.outgoing) if (channel.to === founder) channel.closed = true;
}

/** Texts to a founder that lost its state. */
function undecidedFor(me: Memory, founder: string): string[] {
  const latest = current(me, founder);
  return me.outgoing
    .filter(({ to }) => to === founder)
    .flatMap((channel) =>
      channel.texts
        .filter(({ position, delivered, received }) => {
          const heard = channel === latest && channel.heard !== undefined && position <= channel.heard;
          return !received && !(delivered && heard);
        })
        .map(({ id }) => id),
    );
}

function finish(
  me: Memory,
  channel: Incoming,
  position: number,
  { content, list }: Taken,
  undecided: string[] | undefined,
): Opened {
  const { from, channelId } = channel;
  const devices = list && accept(me, list);
  hear(me, channel, content.head);
  takeReceipt(me, from, content.body);
  return { outcome: "opened", from, channelId, position, content, devices, undecided };
}
