/** A device: seals to whom it should, takes what opens, and sets aside what may open later. */
import type { Json, Part, Text } from "./content.ts";
import { readDefinition } from "./conversation.ts";
import { isMember } from "./conversing.ts";
import { type Sealed, type SealOptions, seal } from "./founder.ts";
import type { Letter } from "./letters.ts";
import type { Memory } from "./memory.ts";
import { same } from "./octets.ts";
import type { PublishedKey } from "./one-time-key.ts";
import { assemble } from "./parts.ts";
import { personOf } from "./people.ts";
import { type Opened, open } from "./recipient.ts";
import { LONGEST_TTL } from "./times.ts";

export type Happening =
  | { readonly kind: "text"; readonly author: string; readonly body: string; readonly copied: boolean }
  | { readonly kind: "link"; readonly device: string; readonly content: Json };

/** Gives a key of the device's out of its mailbox, or none. */
export type Claim = (device: string) => PublishedKey | undefined;

/** All envelopes of a letter, in order. @throws when a key was needed and none could be had */
export function sealLetter(me: Memory, letter: Letter, options: SealOptions, claim: Claim): Sealed[] {
  return letter.bodies.flatMap((body) => {
    const lasting = body.kind === "conversation" ? { ...options, ttlSeconds: LONGEST_TTL } : options;
    const first = seal(me, letter.to, body, lasting);
    const claimed = first.outcome === "key-needed" ? claim(letter.to) : undefined;
    const result = claimed ? seal(me, letter.to, body, { ...lasting, claimed }) : first;
    if (result.outcome !== "sealed") throw new Error(`not sealed: ${result.outcome}`);
    return result.envelopes;
  });
}

/** What is aside is tried again after each that opened. */
export function receive(me: Memory, aside: Uint8Array[], envelope: Uint8Array, now: number): Happening[] {
  const opening = open(me, envelope, now);
  if (opening.outcome === "unknown" || opening.outcome === "later") aside.push(envelope);
  if (opening.outcome !== "opened") return [];
  return [...happening(me, opening), ...aside.splice(0).flatMap((again) => receive(me, aside, again, now))];
}

function happening(me: Memory, { from, content: { body } }: Opened): Happening[] {
  switch (body.kind) {
    case "text":
      return [handed(me, from, body, body.body)];
    case "part": {
      const assembled = assemble(me.assemblies, from, body);
      return assembled.outcome === "whole" ? [handed(me, from, body, assembled.body)] : [];
    }
    case "conversation":
      takeDefinition(me, from, body.definition);
      return [];
    case "link-invitation":
    case "link-acceptance":
      return [{ kind: "link", device: from, content: body }];
    default:
      return [];
  }
}

/** It is taken if who tells of it and who hears of it are both in it. */
function takeDefinition(me: Memory, from: string, octets: Uint8Array): void {
  const defined = readDefinition(octets);
  if (defined === undefined) return;
  const isIn = (device: string) => isMember([device, personOf(me, device)], defined);
  if (!isIn(from) || !isIn(me.address)) return;
  if (!me.conversations.some((known) => same(known.octets, octets))) me.conversations.push(defined);
  for (const { address, reach } of defined.people) {
    if (address !== me.address && !me.reaches.has(address)) me.reaches.set(address, reach);
  }
}

function handed(me: Memory, from: string, { ownCopy }: Text | Part, body: string): Happening {
  const author = ownCopy?.author ?? personOf(me, from);
  return { kind: "text", author, body, copied: ownCopy !== undefined };
}
