/** What one text is to each device that it goes to: whole or in parts, with what must go ahead, and own copies. */
import { randomBytes } from "node:crypto";
import type { Body, OwnCopy } from "./content.ts";
import { type Conversation, conversationOfTwo, type Defined } from "./conversation.ts";
import type { Memory } from "./memory.ts";
import { hex } from "./octets.ts";
import { cut, PART } from "./parts.ts";
import { devicesOf, ownList, personOf, siblings } from "./people.ts";

export interface Letter {
  readonly to: string;
  readonly bodies: readonly Body[];
}

interface Text {
  readonly conversation: Conversation;
  readonly id: Uint8Array;
  readonly body: string;
}

/** To a person: a text to each of their devices, and own copies to one's other devices. */
export function letterTo(me: Memory, person: string, body: string): readonly Letter[] {
  const own = personOf(me, me.address);
  const text = { conversation: conversationOfTwo(own, person), id: freshId(), body };
  const copy = { author: own, other: person };
  return [
    ...devicesOf(me, person).map((to) => ({ to, bodies: pieces(me, to, text, undefined) })),
    ...siblings(me).map((to) => ({ to, bodies: pieces(me, to, text, copy) })),
  ];
}

/** Into a conversation of more: its definition goes ahead of the first text to each device. */
export function letterInto(me: Memory, conversation: Defined, body: string): readonly Letter[] {
  const own = siblings(me);
  const text = { conversation, id: freshId(), body };
  const copy = { author: personOf(me, me.address), other: undefined };
  const devices = conversation.people.flatMap(({ address }) => devicesOf(me, personOf(me, address)));
  return devices
    .filter((device) => device !== me.address)
    .map((to) => ({
      to,
      bodies: [
        ...introduction(me, to, conversation),
        ...pieces(me, to, text, own.includes(to) ? copy : undefined),
      ],
    }));
}

/** Who shows an older list of this person, or none, is sent the newest: once for each counter. */
export function announcements(me: Memory): readonly Letter[] {
  const counter = ownList(me)?.counter ?? 0;
  const owed = [...me.knownOf].filter(
    ([device, known]) => known < counter && (me.announced.get(device) ?? 0) < counter,
  );
  return owed.map(([to]) => {
    me.announced.set(to, counter);
    return { to, bodies: [{ kind: "bare" }] };
  });
}

function introduction(me: Memory, to: string, { octets }: Defined): Body[] {
  const told = `${to} ${hex(octets)}`;
  if (me.introduced.has(told)) return [];
  me.introduced.add(told);
  return [{ kind: "conversation", definition: octets }];
}

function pieces(me: Memory, to: string, text: Text, ownCopy: OwnCopy | undefined): Body[] {
  const { id, body } = text;
  const { conversation, members } = text.conversation;
  const address = { id, conversation, members };
  if (Buffer.byteLength(body) > PART) {
    return cut(address, body, ownCopy).map((part) => ({ ...part, counter: count(me, to) }));
  }
  return [{ kind: "text", ...address, counter: count(me, to), revocable: false, ownCopy, body }];
}

/** Texts and parts to a device are counted, over all channels. */
function count(me: Memory, to: string): number {
  const counter = (me.counters.get(to) ?? 0) + 1;
  me.counters.set(to, counter);
  return counter;
}

function freshId(): Uint8Array {
  return Uint8Array.from(randomBytes(16));
}
