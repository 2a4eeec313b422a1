/** All that a device knows, in plain lists that are searched from end to end. No vault: it forgets when it ends. */
import { randomBytes } from "node:crypto";
import { addressOf } from "./address.ts";
import type { NextKey, Reach } from "./content.ts";
import type { Defined } from "./conversation.ts";
import type { DeviceList } from "./device-list.ts";
import { makeKey, type OwnKey } from "./one-time-key.ts";
import type { Assembly } from "./parts.ts";

/** A channel that this device founded. The newest to a peer, unless closed, is the one it seals on. */
export interface Outgoing {
  readonly to: string;
  readonly channelId: Uint8Array;
  readonly created: number;
  chainKey: Uint8Array;
  /** Position of the next message, and how many were sealed. */
  next: number;
  /** The highest position that *heard* has named; none before a message of the peer's named the channel. */
  heard: number | undefined;
  /** The highest that the recipient is known to have, by *heard* or by the relay; nobody has more without message 0. */
  reached: number;
  /** When the founding's envelope ends. */
  foundingEnds: number;
  closed: boolean;
  /** Texts sealed on it. */
  readonly texts: SentText[];
}

/** A text on its way; whether the relay said that it was delivered, and whether the recipient did. */
interface SentText {
  readonly id: string;
  readonly position: number;
  delivered: boolean;
  received: boolean;
}

/** A position that may still come: its tag and its key. */
export interface Expected {
  readonly position: number;
  readonly tag: Uint8Array;
  readonly messageKey: Uint8Array;
  /** Set once a later message was opened. */
  ends: number | undefined;
}

/** A channel that a peer founded. */
export interface Incoming {
  readonly from: string;
  readonly channelId: Uint8Array;
  readonly created: number;
  readonly ends: number;
  highest: number;
  expected: Expected[];
  chainKey: Uint8Array;
  /** The position that `chainKey` belongs to. */
  frontier: number;
}

/** What was opened, by 16 octets. */
interface Mark {
  readonly octets: Uint8Array;
  readonly ends: number;
}

/** A next key that came in a text. */
interface Carried {
  readonly from: string;
  readonly key: NextKey;
}

export interface Memory {
  readonly seed: Uint8Array;
  readonly address: string;
  readonly reach: Reach;
  keys: OwnKey[];
  outgoing: Outgoing[];
  incoming: Incoming[];
  /** By founder, the greatest `created` of the foundings received; it outlives the channel. */
  newestCreated: Map<string, number>;
  marks: Mark[];
  /** Ids of channels founded on a last-resort key. */
  foundedOnLastResort: { readonly channelId: Uint8Array; readonly ends: number }[];
  /** Next keys that peers have of this device. */
  given: { readonly to: string; readonly id: Uint8Array; readonly at: number }[];
  carried: Carried[];
  /** Texts and parts sent, by device. */
  counters: Map<string, number>;
  /** How to reach a device. */
  reaches: Map<string, Reach>;
  /** The newest list of each person, this device's own among them. */
  lists: DeviceList[];
  /** Whom this device agreed to belong to. */
  belongsTo: string | undefined;
  /** What each device last said in *known*, and which counter it was last sent by itself. */
  knownOf: Map<string, number>;
  announced: Map<string, number>;
  /** Devices whose channels are to be founded anew, as their person's list changed. */
  foundAnew: Set<string>;
  conversations: Defined[];
  /** A device and a definition: it was sent to it. */
  introduced: Set<string>;
  assemblies: Assembly[];
}

export function makeMemory(seed: Uint8Array, reach: Reach, jurisdiction = ""): Memory {
  return {
    seed,
    address: addressOf(seed, jurisdiction),
    reach,
    keys: [],
    outgoing: [],
    incoming: [],
    newestCreated: new Map(),
    marks: [],
    foundedOnLastResort: [],
    given: [],
    carried: [],
    counters: new Map(),
    reaches: new Map(),
    lists: [],
    belongsTo: undefined,
    knownOf: new Map(),
    announced: new Map(),
    foundAnew: new Set(),
    conversations: [],
    introduced: new Set(),
    assemblies: [],
  };
}

/** Makes and keeps a pool: as many one-time keys, and the last-resort key at the end. */
export function makePool(me: Memory, now: number, oneTimeKeys: number): OwnKey[] {
  const pool = Array.from({ length: oneTimeKeys + 1 }, (_, i) =>
    makeKey(me, Uint8Array.from(randomBytes(32)), now, i === oneTimeKeys),
  );
  me.keys.push(...pool);
  return pool;
}

/** What ends by time alone. */
export function forget(me: Memory, now: number): void {
  me.keys = me.keys.filter(({ ends }) => ends > now);
  me.incoming = me.incoming.filter(({ ends }) => ends > now);
  for (const channel of me.incoming) {
    channel.expected = channel.expected.filter(({ ends }) => ends === undefined || ends > now);
  }
  me.marks = me.marks.filter(({ ends }) => ends > now);
  me.foundedOnLastResort = me.foundedOnLastResort.filter(({ ends }) => ends > now);
}
