import type { Contact } from "../client/contacts.ts";
import type { Device } from "../client/device.ts";
import { looksLikeNumber } from "../client/numbers/number.ts";
import { Failure } from "./failure.ts";
import { printable } from "./printable.ts";

/** Whom a text is for: a person, or everybody in a group. */
export interface Recipient {
  readonly to: string;
  /** As a person knows it. */
  readonly name: string;
  readonly isGroup: boolean;
}

/** A group by its id, a number, else a contact by name or address. @throws Failure */
export function findRecipient(device: Pick<Device, "contacts" | "conversations">, to: string): Recipient {
  if (device.conversations().some(({ id }) => id === to))
    return { to, name: `the group ${to}`, isGroup: true };
  const contacts = device.contacts();
  if (looksLikeNumber(to)) return { to, name: printable(to), isGroup: false };
  const { address } = findContact(contacts, to);
  return { to: address, name: nameOf(contacts, address), isGroup: false };
}

/** The contact that a person means by a name or an address. @throws Failure when it is none, or several. */
export function findContact(contacts: readonly Contact[], nameOrAddress: string): Contact {
  const byAddress = contacts.find(({ address }) => address === nameOrAddress);
  const byName = contacts.filter(({ name }) => name === nameOrAddress);
  const [first] = byName;
  if (byAddress !== undefined) return byAddress;
  if (byName.length > 1)
    throw new Failure("unknown-contact", `Several contacts are named ${nameOrAddress}. Use the address.`);
  if (first !== undefined) return first;
  throw new Failure("unknown-contact", `There is no contact ${nameOrAddress}. Run: restante add CARD NAME`);
}

/** A contact as a person knows it: by name, else by address. */
export function nameOf(contacts: readonly Contact[], address: string): string {
  return printable(contacts.find((contact) => contact.address === address)?.name ?? address);
}
