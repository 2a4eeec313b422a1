/** People this device may write to, by address. The name is the owner's own and never leaves the device. */
import { formatDeliveryToken, parseDeliveryToken } from "../protocol/delivery-token.ts";
import { type ContactCard, relayOrigin } from "./card.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "contact/";

export interface Contact extends ContactCard {
  readonly name?: string;
}

export function putContact(draft: VaultDraft, card: ContactCard, name?: string): Contact {
  const known = getContact(draft, card.address);
  const label = name ?? known?.name;
  const contact: Contact = {
    address: card.address,
    deliveryToken: card.deliveryToken,
    relay: card.relay,
    ...(label === undefined ? {} : { name: label }),
  };
  putJson(draft, PREFIX + card.address, contact);
  return contact;
}

export function getContact(reader: VaultReader, address: string): Contact | undefined {
  return getJson<Contact>(reader, PREFIX + address);
}

export function listContacts(reader: VaultReader): Contact[] {
  return listJson<Contact>(reader, PREFIX).map(([, contact]) => contact);
}

/**
 * Learns from a founding how to answer the one who sent it. It came sealed and signed by that device, so only
 * its own entry can change; one that is not usable is ignored, and so is one over plain http elsewhere.
 */
export function learnReplyTo(
  draft: VaultDraft,
  from: string,
  replyTo: { token: string; relay: string },
): void {
  const token = parseDeliveryToken(replyTo.token);
  if (token === undefined) return;
  try {
    const relay = relayOrigin(replyTo.relay);
    putContact(draft, { address: from, deliveryToken: formatDeliveryToken(token), relay });
  } catch {
    // Not a relay that may be used.
  }
}
