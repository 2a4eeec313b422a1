/**
 * Conversations that the owner was told of, and has neither made nor written in: vault entry `device/unanswered`, JSON,
 * oldest first. Anybody can make one, of 7 KiB, with whomever they like, so these are bounded, for each who tells of
 * them by themselves: nobody can push out another's. One in which the owner wrote is theirs, and stays.
 */
import { getContact } from "../contacts.ts";
import { isAcquainted } from "../people/acquaintance.ts";
import { personOf } from "../people/persons.ts";
import { isRemembered } from "../people/strangers.ts";
import { dropToldReach } from "../people/told-reach.ts";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { dropConversation, reachInDefinitions } from "./known.ts";

const UNANSWERED = "device/unanswered";

/** Of all strangers together: with how to reach their people half a megabyte. */
export const MAX_OF_STRANGERS = 32;
/** Of one person whom the owner has to do with: more than anybody follows of one person's and never writes in. */
export const MAX_OF_ONE = 64;
/** Told by the owner's other devices, which have such bounds themselves. */
const MAX_OF_OWN = 500;

/** For the person that told of it; strangers are counted as one. */
const STRANGERS = "";

interface Unanswered {
  readonly id: string;
  readonly by: string;
}

/**
 * A device told of a conversation, which the vault has by now; the oldest of that person's may have to go.
 *
 * @returns whether it is news for the owner's other devices: not while only strangers told of it
 */
export function noteTold(draft: VaultDraft, own: string, id: string, from: string, isNew: boolean): boolean {
  const list = read(draft);
  const by = isAcquainted(draft, own, from) ? personOf(draft, from) : STRANGERS;
  const wasStrangers = isOfStrangers(draft, id);
  if (!isNew && !(wasStrangers && by !== STRANGERS)) return false;
  const others = list.filter((one) => one.id !== id);
  const theirs = others.filter((one) => one.by === by);
  const gone = theirs.slice(0, Math.max(0, theirs.length + 1 - mostOf(by, personOf(draft, own))));
  putJson(draft, UNANSWERED, [...others.filter((one) => !gone.includes(one)), { id, by }]);
  for (const one of gone) forget(draft, own, one.id);
  return by !== STRANGERS;
}

/** Whether only strangers told of it, and the owner has not written in it. */
export function isOfStrangers(reader: VaultReader, id: string): boolean {
  return read(reader).some((one) => one.id === id && one.by === STRANGERS);
}

/** The owner wrote in it, on whichever device. */
export function noteAnswered(draft: VaultDraft, id: string): void {
  const list = read(draft);
  const left = list.filter((one) => one.id !== id);
  if (left.length < list.length) putJson(draft, UNANSWERED, left);
}

function mostOf(by: string, ownPerson: string): number {
  if (by === STRANGERS) return MAX_OF_STRANGERS;
  return by === ownPerson ? MAX_OF_OWN : MAX_OF_ONE;
}

/** With what is known only from it of how to reach its people. */
function forget(draft: VaultDraft, own: string, id: string): void {
  const people = dropConversation(draft, id);
  for (const person of people) {
    const isKnown = getContact(draft, person) !== undefined || isRemembered(draft, person);
    if (!isKnown && !isAcquainted(draft, own, person) && reachInDefinitions(draft, person) === undefined)
      dropToldReach(draft, person);
  }
}

function read(reader: VaultReader): Unanswered[] {
  return getJson<Unanswered[]>(reader, UNANSWERED) ?? [];
}
