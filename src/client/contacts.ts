/** People this device may write to, by address. The name is the owner's own and never leaves the device. */
import { parseDeliveryToken } from "../protocol/delivery-token.ts";
import { type ContactCard, relayOrigin } from "./card.ts";
import { closeOutgoing } from "./channel/outgoing.ts";
import { dropQueued } from "./queue.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "contact/";

export interface Contact extends ContactCard {
  readonly name?: string;
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
  return putContact(draft, card, { ...(name === undefined ? {} : { name }), addedAt: now });
}

/**
 * A new delivery token can mean that the contact left and came back, and has none of the old keys: what was
 * sealed on the channel to them is not sent any more, and the next text founds a new one.
 */
function putContact(draft: VaultDraft, card: ContactCard, own: Pick<Contact, "name" | "addedAt">): Contact {
  const { address, deliveryToken, relay } = card;
  const known = getContact(draft, address);
  const contact: Contact = {
    ...(known?.name === undefined ? {} : { name: known.name }),
    ...(known?.addedAt === undefined ? {} : { addedAt: known.addedAt }),
    ...own,
    address,
    deliveryToken,
    relay,
  };
  putJson(draft, PREFIX + address, contact);
  if (known !== undefined && known.deliveryToken !== deliveryToken) {
    closeOutgoing(draft, address);
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

/** @throws UnknownContactError */
export function requireContact(reader: VaultReader, address: string): Contact {
  const contact = getContact(reader, address);
  if (contact === undefined)
    throw new UnknownContactError("No contact has this address. Add their card first.");
  return contact;
}

export function listContacts(reader: VaultReader): Contact[] {
  return listJson<Contact>(reader, PREFIX).map(([, contact]) => contact);
}

/**
 * Learns from a founding how to answer the one who sent it. It came sealed and signed by that device, so only
 * its own entry can change. What was sent before the owner added their present card is older news than the card.
 *
 * @param ownRelay only a device whose own relay is on this machine answers to one that is: elsewhere, `http://`
 *   to localhost would let a stranger reach what listens there
 */
export function learnReplyTo(
  draft: VaultDraft,
  ownRelay: string,
  from: string,
  replyTo: { token: string; relay: string },
  sentAt: number,
): void {
  const added = getContact(draft, from)?.addedAt;
  if (parseDeliveryToken(replyTo.token) === undefined || (added !== undefined && sentAt < added)) return;
  const relay = usableOrigin(replyTo.relay);
  if (relay === undefined || (relay.startsWith("http:") && !ownRelay.startsWith("http:"))) return;
  putContact(draft, { address: from, deliveryToken: replyTo.token, relay }, {});
}

function usableOrigin(text: string): string | undefined {
  try {
    return relayOrigin(text);
  } catch {
    return undefined;
  }
}
