/** What the owner's devices tell each other of contacts, people and conversations. */
import { isTorsionFree, parseAddress } from "../../protocol/address.ts";
import { decodeWithdrawalStatement } from "../../protocol/withdrawal-statement.ts";
import { blockingWords } from "../blocking/blocked.ts";
import { takeBlockingWord } from "../blocking/taking-word.ts";
import { foreignRelay } from "../card.ts";
import { type Contact, listContacts, takeSharedContact } from "../contacts.ts";
import { encodeDefinition } from "../conversations/definition.ts";
import { listConversations } from "../conversations/known.ts";
import { takeDefinition } from "../conversations/taking-definition.ts";
import { isOfStrangers } from "../conversations/unanswered.ts";
import { addErrand } from "../errands.ts";
import type { Identity } from "../identity.ts";
import type { News } from "../news.ts";
import { acceptList, isAcceptable } from "../people/accepting.ts";
import { learningReach, noteWritten } from "../people/acquaintance.ts";
import { verifyDeviceList } from "../people/device-list.ts";
import { getDeviceList, listPersons, personOf, siblingsOf } from "../people/persons.ts";
import { noteHeardFrom } from "../people/strangers.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { getWithdrawal, keepWithdrawal, signWithdrawal } from "./left-behind.ts";
import { decodeOwnState, encodeWholeState, MAX_BLOCKING, type OwnState } from "./own-state.ts";

/**
 * Everything but conversations that only strangers told of, for a device that is new; and again with each new list, for
 * one that missed something.
 */
export function ownStateOf(reader: VaultReader, identity: Identity): OwnState {
  const own = identity.address.text;
  const person = personOf(reader, own);
  const withdrawal = signWithdrawal(reader, identity);
  const left = siblingsOf(reader, own).flatMap((device) => getWithdrawal(reader, device) ?? []);
  // The latest, should there ever be more than fit.
  const blocking = blockingWords(reader)
    .sort((a, b) => b.at - a.at)
    .slice(0, MAX_BLOCKING);
  return {
    // An introduction is this device's own: others look the number up themselves.
    contacts: listContacts(reader).filter(({ deliveryToken }) => deliveryToken !== ""),
    people: listPersons(reader).flatMap((other) =>
      other === person ? [] : (getDeviceList(reader, other) ?? []),
    ),
    conversations: listConversations(reader).flatMap(([id, definition]) =>
      isOfStrangers(reader, id) ? [] : [definition],
    ),
    ...(withdrawal === undefined ? {} : { withdrawal }),
    ...(left.length === 0 ? {} : { left }),
    ...(blocking.length === 0 ? {} : { blocking }),
  };
}

/** Tells the owner's other devices what changed here; nothing when there are none. */
export function shareWithSiblings(
  draft: VaultDraft,
  identity: Identity,
  change: Partial<OwnState>,
  now: number,
): void {
  const siblings = siblingsOf(draft, identity.address.text);
  if (siblings.length === 0) return;
  for (const octets of encodeWholeState({ contacts: [], people: [], conversations: [], ...change }))
    for (const device of siblings) addErrand(draft, device, { kind: "own-state", octets }, now);
}

/** Takes in what another of the owner's devices tells; anybody else's is passed over. */
export function takeOwnState(
  draft: VaultDraft,
  identity: Identity,
  from: string,
  octets: Uint8Array,
  now: number,
): News[] {
  const own = identity.address.text;
  const siblings = siblingsOf(draft, own);
  const state = decodeOwnState(octets);
  if (state === undefined || !siblings.includes(from)) return [];
  const news: News[] = [];
  for (const list of state.people) {
    const [first] = list.devices;
    if (first && isAcceptable(draft, identity, first.address.text, list, now) && verifyDeviceList(list))
      news.push(
        ...learningReach(
          draft,
          identity,
          list.devices.map(({ address }) => address.text),
          () => acceptList(draft, identity.address, list),
        ),
      );
  }
  for (const word of state.blocking ?? [])
    if (word.person !== personOf(draft, own)) takeBlockingWord(draft, word);
  for (const contact of state.contacts)
    if (isUsable(contact, identity) && personOf(draft, contact.address) !== personOf(draft, own)) {
      takeSharedContact(draft, contact);
      // Added on the other device: known here as a stranger or not, they are none.
      if (contact.addedAt !== undefined) noteWritten(draft, personOf(draft, contact.address));
      noteHeardFrom(draft, own, contact.address);
    }
  for (const definition of state.conversations)
    news.push(...takeDefinition(draft, identity, from, encodeDefinition(definition)).news);
  if (state.withdrawal !== undefined) keepWithdrawal(draft, from, state.withdrawal);
  for (const left of state.left ?? []) {
    const device = decodeWithdrawalStatement(left.statement)?.address;
    if (device !== undefined && device !== from && siblings.includes(device))
      keepWithdrawal(draft, device, left);
  }
  return news;
}

function isUsable({ address, relay }: Contact, identity: Identity): boolean {
  const parsed = parseAddress(address);
  return parsed !== undefined && isTorsionFree(parsed) && foreignRelay(relay, identity.relay) !== undefined;
}
