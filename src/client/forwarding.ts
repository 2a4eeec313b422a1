/**
 * What this device passes on by itself because another does not know its owner's devices: the list to who writes,
 * and what they wrote to the owner's other devices.
 */
import { contentsOf, conversationBetween } from "./addressing.ts";
import { addErrand } from "./errands.ts";
import type { Identity } from "./identity.ts";
import { mayTell } from "./people/acquaintance.ts";
import { forgetTold, getDeviceList, noteTold, personOf, siblingsOf, toldCounter } from "./people/persons.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft } from "./vault/vault.ts";

const ANNOUNCED = "announced/";
const JOINED = "joined/";

/** In ms, at most and at random: copies for the owner's devices don't leave in the moment of their cause. */
export const FORWARD_DELAY = 3000;

/** The first device notes with which counter of the list another came in: who knows an older one did not write to it. */
export function noteJoined(draft: VaultDraft, device: string, counter: number): void {
  putJson(draft, JOINED + device, counter);
}

/** Tells `from` this person's list, once for each, when it shows that it has an older one or none. */
export function tellOwnList(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  from: string,
  known: number,
  now: number,
): void {
  const list = getDeviceList(draft, personOf(draft, own.address.text));
  if (list === undefined) return;
  noteTold(draft, from, known);
  if (toldCounter(draft, from) < list.counter) announceList(draft, own, from, list.counter, now);
}

/**
 * The list goes along in the head of whatever is sealed for a device that does not know it. A stranger at another relay
 * is sent nothing for it: they get it with the owner's first answer.
 */
export function announceList(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  device: string,
  counter: number,
  now: number,
): void {
  if (!mayTell(draft, own, device)) return;
  if ((getJson<number>(draft, ANNOUNCED + device) ?? 0) >= counter) return;
  putJson(draft, ANNOUNCED + device, counter);
  addErrand(draft, device, { kind: "bare" }, now);
}

/** A device lost its state, or this one did if none is named: what was told must be told again. */
export function forgetAnnounced(draft: VaultDraft, device = ""): void {
  for (const [name] of draft.list(ANNOUNCED + device)) draft.delete(name);
  forgetTold(draft, device);
}

export interface Arrived {
  /** The device that sent it. */
  readonly from: string;
  /** The counter of this person's list that it knew. */
  readonly known: number;
  readonly author: string;
  /** The other person, in a conversation of two. */
  readonly other: string | undefined;
  readonly id: Uint8Array;
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  readonly body: string;
}

/**
 * Passes a text on to those of the owner's devices that its sender did not write to. One device is responsible:
 * if the sender knows no list, the only one that got it, else the person's first, which made the lists.
 */
export function forwardToSiblings(draft: VaultDraft, own: string, arrived: Arrived, now: number): void {
  const { from, known, author, other, id, conversation, members, body } = arrived;
  const person = personOf(draft, own);
  const siblings = siblingsOf(draft, own);
  if (siblings.includes(from) || (known > 0 && own !== person)) return;
  const copy = other === undefined ? { author } : { author, with: other };
  const due = now + Math.floor(Math.random() * FORWARD_DELAY);
  for (const sibling of siblings) {
    if (known > 0 && (getJson<number>(draft, JOINED + sibling) ?? 0) <= known) continue;
    const named = other === undefined ? { conversation, members } : conversationBetween(person, other);
    for (const piece of contentsOf({ id, ...named, revocable: false, copy }, body))
      addErrand(draft, sibling, piece, due);
  }
}
