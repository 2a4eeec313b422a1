/** Who gets a text: each device of each person in its conversation, and the owner's other devices. */
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Address, parseAddress } from "../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { BlockedError, isBlocked } from "./blocking/blocked.ts";
import type { Content, OwnCopy, TextAddress } from "./channel/content.ts";
import { CONVERSATION_SIZE, TEXT_ID_SIZE } from "./channel/content.ts";
import { conversationOf } from "./channel/conversation.ts";
import { getContact, UnknownContactError } from "./contacts.ts";
import { encodeDefinition, membersHash } from "./conversations/definition.ts";
import { getConversation, isIntroduced, isMember } from "./conversations/known.ts";
import { cutText, MAX_TEXT } from "./parts/cutting.ts";
import { devicesOf, personOf } from "./people/persons.ts";
import type { VaultReader } from "./vault/vault.ts";

/**
 * Octets of body in one envelope: the largest holds 65,536, of which heads with all they may say, a list of eight
 * devices among it, take 4,000. What is longer goes in parts of this size.
 */
export const BODY_ROOM = 60_000;

/** What one device is to be sent, in order. */
export interface Letter {
  readonly device: Address;
  /** Whose device; none for what is no piece of a text that was sent. */
  readonly person?: string;
  readonly contents: readonly Content[];
}

/** The text does not fit. */
export class TextTooLongError extends Error {
  override readonly name = "TextTooLongError";
}

/** What a text is part of, by what the app named: a person's address or a conversation's id. */
export interface Destination {
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  /** The others in it. */
  readonly people: readonly string[];
  /** The definition, for who has not been told of it. */
  readonly definition?: Uint8Array;
}

/** @throws UnknownContactError when it is neither a contact nor a conversation that is known here, with the owner in it */
export function destinationOf(reader: VaultReader, own: string, to: string): Destination {
  const self = personOf(reader, own);
  const named = conversationNamed(reader, to);
  if (named !== undefined) {
    const { definition, ...rest } = named;
    if (!isMember(reader, self, definition))
      throw new UnknownContactError("This device's owner is not in the conversation.");
    // Not by address only: this device may have been somebody by itself when the conversation was made.
    const people = definition.members
      .map(({ address }) => address.text)
      .filter((person) => personOf(reader, person) !== self);
    return { ...rest, people, definition: encodeDefinition(definition) };
  }
  const person = personOf(reader, to);
  if (getContact(reader, person) === undefined && getContact(reader, to) === undefined)
    throw new UnknownContactError("No contact has this address. Add their card first.");
  if (isBlocked(reader, person)) throw new BlockedError("You blocked this person. Unblock them first.");
  return { ...conversationBetween(self, person), people: [person] };
}

/** A conversation of three or more by its id, base64url, if it is known here. */
function conversationNamed(reader: VaultReader, to: string) {
  const conversation = decodeBase64url(to, CONVERSATION_SIZE);
  const definition = conversation && getConversation(reader, conversation);
  if (conversation === undefined || definition === undefined) return undefined;
  const members = membersHash(definition.members.map(({ address }) => address));
  return { conversation, members, definition };
}

export function conversationBetween(one: string, other: string) {
  return conversationOf(requireAddress(one), requireAddress(other));
}

/** The letters that carry a text to everybody in its conversation. */
export function lettersTo(
  reader: VaultReader,
  destination: Destination,
  text: { id: Uint8Array; body: string; revocable: boolean },
  now: number,
): Letter[] {
  const { conversation, members, people, definition } = destination;
  const contents = contentsOf({ ...text, conversation, members }, text.body);
  const named = encodeBase64url(conversation);
  const letters = new Map<string, Letter>();
  for (const person of people)
    for (const device of devicesOf(reader, person)) {
      const introduce = definition !== undefined && !isIntroduced(reader, named, device, now);
      const introduction: Content[] = introduce ? [{ kind: "conversation", octets: definition }] : [];
      letters.set(device, {
        device: requireAddress(device),
        person,
        contents: [...introduction, ...contents],
      });
    }
  return [...letters.values()];
}

/** A text as one content, or as parts. @throws TextTooLongError */
export function contentsOf(address: TextAddress, body: string): Content[] {
  const { id, conversation, members, revocable, copy } = address;
  const shared = { id, conversation, members, revocable, ...(copy === undefined ? {} : { copy }) };
  const octets = utf8ToBytes(body);
  if (octets.length <= BODY_ROOM) return [{ kind: "text", ...shared, body }];
  if (octets.length > MAX_TEXT) throw new TextTooLongError("The text is longer than 1 MiB.");
  if (revocable)
    throw new TextTooLongError("A text that can be taken back must fit one envelope: 60,000 octets.");
  const { wholeHash, parts } = cutText(octets, BODY_ROOM);
  return parts.map((part, index) => ({
    kind: "part",
    ...shared,
    wholeHash,
    index,
    count: parts.length,
    octets: part,
  }));
}

/** The same text for the owner's other devices. They take no part in taking it back. */
export function copyFor(destination: Destination, copy: OwnCopy, id: Uint8Array, body: string): Content[] {
  const { conversation, members } = destination;
  return contentsOf({ id, conversation, members, revocable: false, copy }, body);
}

export function newTextId(): Uint8Array {
  return randomBytes(TEXT_ID_SIZE);
}

function requireAddress(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new UnknownContactError("The contact's address is damaged.");
  return address;
}
