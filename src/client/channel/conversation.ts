/**
 * A conversation of two: both ends derive its name and its member list from the two addresses, so there is
 * nothing to agree on and nothing that a third could claim. Made like one of more (conversations/definition.ts),
 * without a salt.
 */
import type { Address } from "../../protocol/address.ts";
import { conversationId, membersHash } from "../conversations/definition.ts";

export interface Conversation {
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
}

export function conversationOf(one: Address, other: Address): Conversation {
  const members = membersHash([one, other]);
  return { conversation: conversationId(members), members };
}
