/** Adding a contact by the card that they gave. */
import { ContactCardError, parseCard } from "./card.ts";
import { addContact, type Contact } from "./contacts.ts";
import { shareWithSiblings } from "./linking/sharing.ts";
import { personOf } from "./people/persons.ts";
import type { Session } from "./session.ts";

/** @throws ContactCardError */
export function addByCard(
  { vault, identity, platform }: Session,
  card: string,
  name?: string,
): Promise<Contact> {
  const parsed = parseCard(card);
  return vault.transaction((draft) => {
    if (personOf(draft, parsed.address) === personOf(draft, identity.address.text))
      throw new ContactCardError("This is your own contact card. Give it to others.");
    const contact = addContact(draft, parsed, name, platform.now());
    shareWithSiblings(draft, identity, { contacts: [contact] }, platform.now());
    return contact;
  });
}
