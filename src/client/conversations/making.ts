/** Making conversations of three and more, and what the app sees of them. */
import { randomBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "../../protocol/address.ts";
import { parseDeliveryToken } from "../../protocol/delivery-token.ts";
import { requireConsent } from "../consent-record.ts";
import { getContact, UnknownContactError } from "../contacts.ts";
import { shareWithSiblings } from "../linking/sharing.ts";
import { personOf } from "../people/persons.ts";
import type { Reach } from "../people/reach.ts";
import { reachOf } from "../people/reaching.ts";
import type { Session } from "../session.ts";
import type { VaultReader } from "../vault/vault.ts";
import { type ConversationDefinition, defineConversation, MAX_PEOPLE, SALT_SIZE } from "./definition.ts";
import { isMember, listConversations, putConversation } from "./known.ts";

/** A conversation of three or more, as the app sees it. */
export interface ConversationInfo {
  /** To send to, and what its texts name. */
  readonly id: string;
  /** The others in it, by address. They never change. */
  readonly people: readonly string[];
}

/** What a conversation has besides the owner. */
const FEWEST_OTHERS = 2;
const MOST_OTHERS = MAX_PEOPLE - 1;

/**
 * Makes a conversation with these contacts. Nothing is sent to them: its definition goes ahead of the first text.
 *
 * @throws NoConsentError, UnknownContactError; RangeError unless they are 2 to 31 others
 */
export function makeConversation(session: Session, people: readonly string[]): Promise<ConversationInfo> {
  const { vault, identity, platform } = session;
  return vault.transaction((draft) => {
    const { deliveryToken } = requireConsent(draft);
    const own = identity.address.text;
    const self = personOf(draft, own);
    const others = [...new Set(people.map((person) => personOf(draft, person)))];
    if (others.length < FEWEST_OTHERS || others.length > MOST_OTHERS || others.includes(self))
      throw new RangeError("people: 2 to 31 others expected, each once");
    for (const person of others)
      if (getContact(draft, person) === undefined)
        throw new UnknownContactError("No contact has this address. Add their card first.");
    const ownReach = self === own ? { token: deliveryToken, relay: identity.relay } : reachOf(draft, self);
    const members = [
      memberOf(self, ownReach),
      ...others.map((person) => memberOf(person, reachOf(draft, person))),
    ];
    const definition = defineConversation(members, randomBytes(SALT_SIZE));
    const { id } = putConversation(draft, definition);
    shareWithSiblings(draft, identity, { conversations: [definition] }, platform.now());
    return { id, people: othersIn(draft, self, definition) };
  });
}

export function listConversationInfos({ vault, identity }: Session): ConversationInfo[] {
  const self = personOf(vault, identity.address.text);
  return listConversations(vault)
    .filter(([, definition]) => isMember(vault, self, definition))
    .map(([id, definition]) => ({ id, people: othersIn(vault, self, definition) }));
}

function othersIn(reader: VaultReader, self: string, { members }: ConversationDefinition): string[] {
  return members.map(({ address }) => address.text).filter((person) => personOf(reader, person) !== self);
}

function memberOf(person: string, reach: Reach | undefined) {
  const address = parseAddress(person);
  // An introduction is for the one who has it; a conversation gives everybody's delivery token to everybody.
  if (address === undefined || reach === undefined || parseDeliveryToken(reach.token) === undefined)
    throw new UnknownContactError("Nobody said how this person can be reached.");
  return { address, ...reach };
}
