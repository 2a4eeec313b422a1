/**
 * A conversation of three or more: who is in it is fixed when it is made, so there is no membership to agree on
 * and nobody can be slipped in. Other members are another conversation. Its definition, 302 to 7,409 octets:
 *
 *     16   salt, random
 *      1   number of people, 3 to 32
 *
 *     for each person, in octet order of the addresses:
 *      1   length of the address
 *      …   the person's address, that is their first device's
 *      …   how to reach that device (people/reach.ts)
 *
 *     members      = SHA-256( "restante/members/1" | 0x00 | for each address, in octet order: length 1 | address )
 *     conversation = the first 16 octets of SHA-256( "restante/conversation/1" | 0x00 | members | salt )
 *
 * A conversation of two has no definition and no salt: both ends know both addresses (channel/conversation.ts).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Address, parseAddress } from "../../protocol/address.ts";
import { Cursor } from "../../protocol/cursor.ts";
import { CONVERSATION_SIZE } from "../channel/content.ts";
import { decodeReach, encodeReach, type Reach } from "../people/reach.ts";

/** Two people have one conversation without a definition; a second one between them would only confuse. */
export const MIN_PEOPLE = 3;

/**
 * Everything is pairwise: a text among 32 people of 8 devices is 255 envelopes, as many as a phone seals and
 * sends in a moment. The longest definition goes into an envelope of 8 KiB.
 */
export const MAX_PEOPLE = 32;

/** Octets: two conversations of the same people are two. */
export const SALT_SIZE = 16;

/** A person in a conversation. */
export interface Member extends Reach {
  /** The person's: their first device's. */
  readonly address: Address;
}

export interface ConversationDefinition {
  readonly salt: Uint8Array;
  /** In octet order of their addresses. */
  readonly members: readonly Member[];
}

/** 32 octets: the hash of who is in a conversation, in whatever order they are given. */
export function membersHash(addresses: readonly Address[]): Uint8Array {
  const texts = addresses.map(({ text }) => text).sort((a, b) => (a < b ? -1 : 1));
  const listed = texts.flatMap((text) => [Uint8Array.of(text.length), utf8ToBytes(text)]);
  return sha256(concatBytes(utf8ToBytes("restante/members/1\0"), ...listed));
}

/**
 * 16 octets: a conversation's name.
 *
 * @param members their hash
 * @param salt of the definition; none for a conversation of two
 */
export function conversationId(members: Uint8Array, salt: Uint8Array = new Uint8Array()): Uint8Array {
  return sha256(concatBytes(utf8ToBytes("restante/conversation/1\0"), members, salt)).slice(
    0,
    CONVERSATION_SIZE,
  );
}

/**
 * Puts the members into their order.
 *
 * @throws RangeError unless they are 3 to 32, each once, and the salt is 16 octets
 */
export function defineConversation(members: readonly Member[], salt: Uint8Array): ConversationDefinition {
  const definition = {
    salt,
    members: members.toSorted((a, b) => (a.address.text < b.address.text ? -1 : 1)),
  };
  encodeDefinition(definition);
  return definition;
}

/** @throws RangeError when a field is outside the form above. */
export function encodeDefinition({ salt, members }: ConversationDefinition): Uint8Array {
  const bytes = concatBytes(
    salt,
    Uint8Array.of(members.length),
    ...members.flatMap((member) => [
      Uint8Array.of(member.address.text.length),
      utf8ToBytes(member.address.text),
      encodeReach(member),
    ]),
  );
  if (salt.length !== SALT_SIZE || decodeDefinition(bytes) === undefined)
    throw new RangeError("definition: a salt of 16 octets, 3 to 32 people in order expected");
  return bytes;
}

/** @returns undefined for anything but the one form above. */
export function decodeDefinition(bytes: Uint8Array): ConversationDefinition | undefined {
  const cursor = new Cursor(bytes);
  const salt = cursor.octets(SALT_SIZE);
  const count = cursor.octet();
  if (count < MIN_PEOPLE || count > MAX_PEOPLE) return undefined;
  const members: Member[] = [];
  for (let i = 0; i < count; i++) {
    const address = parseAddress(cursor.ascii(cursor.octet()));
    const reach = decodeReach(cursor);
    if (!cursor.sound || address === undefined || reach === undefined) return undefined;
    const before = members.at(-1)?.address;
    if (before !== undefined && before.text >= address.text) return undefined;
    members.push({ address, ...reach });
  }
  return cursor.left === 0 ? { salt, members } : undefined;
}
