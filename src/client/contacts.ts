/** People this device may write to, by address. The name is the owner's own and never leaves the device. */
import { parseDeliveryToken } from "../protocol/delivery-token.ts";
import { isBlocked } from "./blocking/blocked.ts";
import { type ContactCard, foreignRelay } from "./card.ts";
import { dropCarried } from "./channel/carried.ts";
import { closeOutgoing } from "./channel/outgoing.ts";
import type { Identity } from "./identity.ts";
import { numberOf } from "./numbers/found.ts";
import { getDeviceList, personOf } from "./people/persons.ts";
import { dropToldReach, putToldReach } from "./people/told-reach.ts";
import { dropQueued } from "./queue.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "contact/";

export interface Contact extends ContactCard {
  /** Empty while they were only found by their number: until they answer, an introduction stands for it. */
  readonly deliveryToken: string;
  readonly name?: string;
  /** The number under which one of their devices was found, E.164. */
  readonly number?: string;
  /** The fingerprint that the owner compared, base64url; gone when the contact's devices change. */
  readonly verified?: string;
  /** When the owner last added their card, ms since 1970; absent for who was only ever heard from. */
  readonly addedAt?: number;
}

/** The owner was given this card: it counts more than anything said before. */
export function addContact(
  draft: VaultDraft,
  card: ContactCard,
  name: string | undefined,
  now: number,
): Contact {
  const own = { ...(name === undefined ? {} : { name }), addedAt: now };
  const first = getDeviceList(draft, personOf(draft, card.address))?.devices[0];
  if (first === undefined || first.address.text === card.address) {
    dropToldReach(draft, card.address);
    return putContact(draft, card, own, true);
  }
  // A card of a further device of somebody who is known: the contact is the person.
  putToldReach(draft, card.address, { token: card.deliveryToken, relay: card.relay });
  const { token: deliveryToken, relay } = first;
  return putContact(draft, { address: first.address.text, deliveryToken, relay }, own, true);
}

/**
 * @param given by a card: a new delivery token in it can mean that the contact left and came back, and has none of the
 *   old keys. What was sealed on the channel to them is not sent any more, and the next text founds a new one. A token
 *   that came inside a channel means no such thing: who lost their state says so by their founding.
 */
function putContact(
  draft: VaultDraft,
  card: ContactCard,
  own: Partial<Pick<Contact, "name" | "addedAt" | "number">>,
  given = false,
): Contact {
  const { address, deliveryToken, relay } = card;
  const known = getContact(draft, address);
  const number = known?.number ?? numberOf(draft, address);
  const contact: Contact = {
    ...(number === undefined ? {} : { number }),
    ...(known?.name === undefined ? {} : { name: known.name }),
    ...(known?.addedAt === undefined ? {} : { addedAt: known.addedAt }),
    ...(known?.verified === undefined ? {} : { verified: known.verified }),
    ...own,
    address,
    deliveryToken,
    relay,
  };
  putJson(draft, PREFIX + address, contact);
  if (given && known !== undefined && known.deliveryToken !== "" && known.deliveryToken !== deliveryToken) {
    closeOutgoing(draft, address);
    dropCarried(draft, address);
    dropQueued(draft, ({ to }) => to === address, { state: "undecided" });
  }
  return contact;
}

export function getContact(reader: VaultReader, address: string): Contact | undefined {
  return getJson<Contact>(reader, PREFIX + address);
}

/** Nobody with this address was added or has written. */
export class UnknownContactError extends Error {
  override readonly name = "UnknownContactError";
}

/** Whoever was found by a number can be written to; what else is known of them stays. */
export function addFound(draft: VaultDraft, address: string, relay: string, number: string): void {
  const known = getContact(draft, address);
  if (known === undefined) putContact(draft, { address, deliveryToken: "", relay }, { number });
  else noteNumber(draft, address, number);
}

/** Who is found by a number now is known by it; with none, the number leads elsewhere. */
export function noteNumber(draft: VaultDraft, address: string, number: string | undefined): void {
  const contact = getContact(draft, address);
  if (contact === undefined || contact.number === number) return;
  const { number: _, ...rest } = contact;
  putJson(draft, PREFIX + address, number === undefined ? rest : { ...rest, number });
}

/**
 * Whether nothing but their own writing tells who they are: the owner was given no card of theirs, compared no safety
 * number, and found them by none.
 */
export function isUnverified({ addedAt, verified, number }: Contact): boolean {
  return addedAt === undefined && verified === undefined && number === undefined;
}

export function listContacts(reader: VaultReader): Contact[] {
  return listJson<Contact>(reader, PREFIX).map(([, contact]) => contact);
}

/** A contact as the app sees it. */
export interface ShownContact extends Contact {
  /** See {@link isUnverified}. */
  readonly unverified?: true;
  /** Not heard from until they are unblocked. */
  readonly blocked?: true;
}

export function showContacts(reader: VaultReader): ShownContact[] {
  return listContacts(reader).map((contact) => ({
    ...contact,
    ...(isUnverified(contact) ? { unverified: true } : {}),
    ...(isBlocked(reader, contact.address) ? { blocked: true } : {}),
  }));
}

/**
 * Learns from a founding how to answer the one who sent it. It came sealed and signed by that device, so only
 * its own entry can change. What was sent before the owner added their present card is older news than the card.
 *
 */
export function learnReplyTo(
  draft: VaultDraft,
  own: Pick<Identity, "address" | "relay">,
  from: string,
  replyTo: { token: string; relay: string },
  sentAt: number,
): void {
  const contact = getContact(draft, from);
  const added = contact?.addedAt;
  if (parseDeliveryToken(replyTo.token) === undefined || (added !== undefined && sentAt < added)) return;
  const relay = foreignRelay(replyTo.relay, own.relay);
  if (relay === undefined) return;
  // One of a person's further devices is no contact of its own, and the owner's other devices are none.
  const person = personOf(draft, from);
  if (contact === undefined && (person !== from || person === personOf(draft, own.address.text)))
    putToldReach(draft, from, { token: replyTo.token, relay });
  else putContact(draft, { address: from, deliveryToken: replyTo.token, relay }, {});
}

/** A contact turned out to be a further device of `person`: the name stays, under the person's address. */
export function moveContact(draft: VaultDraft, device: string, person: string): void {
  const contact = getContact(draft, device);
  if (contact === undefined || device === person) return;
  draft.delete(PREFIX + device);
  putToldReach(draft, device, { token: contact.deliveryToken, relay: contact.relay });
  const first = getDeviceList(draft, person)?.devices[0];
  const { name, addedAt } = contact;
  const own = { ...(name === undefined ? {} : { name }), ...(addedAt === undefined ? {} : { addedAt }) };
  const known = getContact(draft, person);
  if (known !== undefined) putJson(draft, PREFIX + person, { ...own, ...known });
  if (first === undefined || known !== undefined) return;
  putContact(draft, { address: person, deliveryToken: first.token, relay: first.relay }, own);
}

/** Another of the owner's devices knows this contact. What is known here already stands. */
export function takeSharedContact(draft: VaultDraft, shared: Contact): void {
  const { address, deliveryToken, relay, name, addedAt } = shared;
  const known = getContact(draft, address);
  if (known === undefined) {
    const own = { ...(name === undefined ? {} : { name }), ...(addedAt === undefined ? {} : { addedAt }) };
    putContact(draft, { address, deliveryToken, relay }, own);
  } else if (known.name === undefined && name !== undefined)
    putJson(draft, PREFIX + address, { ...known, name });
}

export function dropContact(draft: VaultDraft, address: string): void {
  draft.delete(PREFIX + address);
}

/** The owner compared safety numbers with this contact. @throws UnknownContactError */
export function noteVerified(draft: VaultDraft, address: string, fingerprint: string): Contact {
  const contact = getContact(draft, address);
  if (contact === undefined)
    throw new UnknownContactError("No contact has this address. Add their card first.");
  const verified = { ...contact, verified: fingerprint };
  putJson(draft, PREFIX + address, verified);
  return verified;
}

/** The contact's keys changed: what was compared counts no more. @returns whether it had been compared */
export function takeVerified(draft: VaultDraft, address: string): boolean {
  const contact = getContact(draft, address);
  if (contact?.verified === undefined) return false;
  const { verified: _, ...rest } = contact;
  putJson(draft, PREFIX + address, rest);
  return true;
}
