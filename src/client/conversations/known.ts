/**
 * Conversations of three or more that this device knows: vault entry `conversation/<id>`, the definition
 * (definition.ts), and `introduced/<id>/<device>` for each device that has it or will: until when it may be on its
 * way, 8 octets, or nothing once the device has shown that it knows it.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { decodeInteger, encodeInteger } from "../../protocol/integer.ts";
import { personOf } from "../people/persons.ts";
import type { Reach } from "../people/reach.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import {
  type ConversationDefinition,
  conversationId,
  decodeDefinition,
  encodeDefinition,
  membersHash,
} from "./definition.ts";

const CONVERSATION = "conversation/";
const INTRODUCED = "introduced/";

export function getConversation(reader: VaultReader, id: Uint8Array): ConversationDefinition | undefined {
  const bytes = reader.get(CONVERSATION + encodeBase64url(id));
  return bytes && decodeDefinition(bytes);
}

export function listConversations(reader: VaultReader): [id: string, definition: ConversationDefinition][] {
  return reader.list(CONVERSATION).flatMap(([name, bytes]): [string, ConversationDefinition][] => {
    const definition = decodeDefinition(bytes);
    return definition === undefined ? [] : [[name.slice(CONVERSATION.length), definition]];
  });
}

/** An unlinked device keeps the conversations of whose it was, and is nobody in them. */
export function isMember(reader: VaultReader, person: string, { members }: ConversationDefinition): boolean {
  return members.some(({ address }) => personOf(reader, address.text) === person);
}

/** How a person can be reached, if any conversation says it. */
export function reachInDefinitions(reader: VaultReader, person: string): Reach | undefined {
  for (const [, { members }] of listConversations(reader))
    for (const { address, token, relay } of members) if (address.text === person) return { token, relay };
  return undefined;
}

/** Forgets a conversation, and who was told of it. @returns its people */
export function dropConversation(draft: VaultDraft, id: string): string[] {
  const bytes = draft.get(CONVERSATION + id);
  const members = (bytes && decodeDefinition(bytes))?.members ?? [];
  draft.delete(CONVERSATION + id);
  for (const [name] of draft.list(`${INTRODUCED}${id}/`)) draft.delete(name);
  return members.map(({ address }) => address.text);
}

/** @returns its id, base64url, and whether it was new */
export function putConversation(
  draft: VaultDraft,
  definition: ConversationDefinition,
): { id: string; isNew: boolean } {
  const members = membersHash(definition.members.map(({ address }) => address));
  const id = encodeBase64url(conversationId(members, definition.salt));
  const isNew = draft.get(CONVERSATION + id) === undefined;
  if (isNew) draft.put(CONVERSATION + id, encodeDefinition(definition));
  return { id, isNew };
}

/**
 * Whether the device needs no definition now. Without it no text of the conversation opens there, so what nobody
 * confirmed is sent once more when its time is over.
 */
export function isIntroduced(
  reader: VaultReader,
  conversation: string,
  device: string,
  now: number,
): boolean {
  const until = reader.get(nameOf(conversation, device));
  return until !== undefined && (until.length === 0 || (decodeInteger(until) ?? 0) > now);
}

/** The definition is on its way to the device, ahead of the texts, and may be until `until`. */
export function noteIntroducing(
  draft: VaultDraft,
  conversation: string,
  device: string,
  until: number,
): void {
  draft.put(nameOf(conversation, device), encodeInteger(until));
}

/** The definition did not get to the device. */
export function endIntroducing(draft: VaultDraft, conversation: string, device: string): void {
  const name = nameOf(conversation, device);
  if (draft.get(name)?.length !== 0) draft.delete(name);
}

/** The device wrote into the conversation, or told of it. */
export function noteIntroduced(draft: VaultDraft, conversation: string, device: string): void {
  const name = nameOf(conversation, device);
  if (draft.get(name)?.length !== 0) draft.put(name, new Uint8Array());
}

/** The device lost its state, or this one did if none is named: what was told must be told again. */
export function forgetIntroductions(draft: VaultDraft, device?: string): void {
  for (const [name] of draft.list(INTRODUCED))
    if (device === undefined || name.endsWith(`/${device}`)) draft.delete(name);
}

function nameOf(conversation: string, device: string): string {
  return `${INTRODUCED}${conversation}/${device}`;
}
