import type { Contact } from "../client/contacts.ts";
import { Failure } from "./failure.ts";
import { printable } from "./printable.ts";

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
