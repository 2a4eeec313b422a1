/** What the head of an opened message tells, once the message is taken. */
import type { Body, Head, NextKey } from "./content.ts";
import { current, newestFrom } from "./founder.ts";
import type { Incoming, Memory } from "./memory.ts";
import { hex, same } from "./octets.ts";

export function hear(me: Memory, on: Incoming, head: Head): void {
  const { from } = on;
  const channel = current(me, from);
  if (head.heard && channel && same(head.heard.channelId, channel.channelId)) {
    const reached = Math.min(head.heard.reached, channel.next - 1);
    channel.heard = Math.max(reached, channel.heard ?? 0);
    channel.reached = Math.max(reached, channel.reached);
  }
  const isNewest = newestFrom(me, from) === on;
  if (head.replyTo && isNewest) me.reaches.set(from, head.replyTo);
  me.knownOf.set(from, Math.max(head.known, me.knownOf.get(from) ?? 0));
  if (head.nextKey && isNewest) keepNextKey(me, on, head.nextKey);
}

/** Of the keys that come on what is then the peer's newest channel, the one that lasts longest. */
function keepNextKey(me: Memory, { from }: Incoming, key: NextKey): void {
  const kept = me.carried.find((one) => one.from === from);
  if (kept !== undefined && kept.key.expires >= key.expires) return;
  me.carried = [...me.carried.filter((one) => one.from !== from), { from, key }];
}

/** A receipt counts from a device to which the text was sent. */
export function takeReceipt(me: Memory, from: string, body: Body): void {
  if (body.kind !== "receipt") return;
  for (const { texts } of me.outgoing.filter(({ to }) => to === from))
    for (const text of texts) if (body.ids.some((id) => hex(id) === text.id)) text.received = true;
}
