/**
 * A conversation of two: both ends derive its name and its member list from the two addresses, so there is
 * nothing to agree on and nothing that a third could claim.
 *
 *     members      = SHA-256( "restante/members/1" | 0x00 | for each address, in octet order: length 1 | address )
 *     conversation = the first 16 octets of SHA-256( "restante/conversation/1" | 0x00 | members )
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { CONVERSATION_SIZE } from "./content.ts";

export interface Conversation {
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
}

export function conversationOf(one: Address, other: Address): Conversation {
  const addresses = [one.text, other.text].sort((a, b) => (a < b ? -1 : 1));
  const listed = addresses.flatMap((text) => [Uint8Array.of(text.length), utf8ToBytes(text)]);
  const members = sha256(concatBytes(utf8ToBytes("restante/members/1\0"), ...listed));
  const named = sha256(concatBytes(utf8ToBytes("restante/conversation/1\0"), members));
  return { conversation: named.slice(0, CONVERSATION_SIZE), members };
}
