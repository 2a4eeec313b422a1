/**
 * A number whose directory entry leads away from somebody this device has an acquaintance with of its own. The
 * directory's word is that of the relay, and of whoever can read the owner's SMS: it introduces people, and does not
 * replace them. Until the owner says whose the number is, nothing goes to it.
 */
import { type Contact, getContact, listContacts, noteNumber } from "../contacts.ts";
import { personOf } from "../people/persons.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { getFound } from "./found.ts";

/** A number leads to somebody else than the person it is known of. Nothing was sent. See `numbers.accept`. */
export class NumberMovedError extends Error {
  override readonly name = "NumberMovedError";
  /** E.164. */
  readonly number: string;
  /** The person it is known of. */
  readonly from: string;
  /** The person that the directory names; none when it names nobody. */
  readonly to: string | undefined;

  constructor(number: string, from: string, to: string | undefined) {
    super("This number leads to somebody else than the person you know by it. Nothing was sent.");
    this.number = number;
    this.from = from;
    this.to = to;
  }
}

/** Who is known by a number, and by more than the number: they can be written to without the directory. */
export function acquaintanceBy(reader: VaultReader, number: string): Contact | undefined {
  return listContacts(reader).find((contact) => contact.number === number && isAcquaintance(contact));
}

/** Whether their card, their own answer or a comparison ties them to this device, and not the directory alone. */
function isAcquaintance({ deliveryToken, addedAt, verified }: Contact): boolean {
  return deliveryToken !== "" || addedAt !== undefined || verified !== undefined;
}

/**
 * The owner says that a number belongs to whom it leads to: it is theirs from now on, and nobody else is known by it.
 *
 * @throws NumberMovedError when it leads to somebody else than that
 */
export function acceptMove(draft: VaultDraft, number: string, person: string): void {
  const address = getFound(draft, number)?.address;
  const found = address === undefined ? undefined : personOf(draft, address);
  if (found !== person)
    throw new NumberMovedError(number, acquaintanceBy(draft, number)?.address ?? person, found);
  for (const contact of listContacts(draft))
    if (contact.number === number && contact.address !== person)
      noteNumber(draft, contact.address, undefined);
  if (getContact(draft, person) !== undefined) noteNumber(draft, person, number);
}
