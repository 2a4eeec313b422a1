/**
 * Conversations of three or more that this device knows: vault entry `conversation/<id>`, the definition
 * (definition.ts), and `introduced/<id>/<device>` for each device that was sent it.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
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

export function wasIntroduced(reader: VaultReader, conversation: Uint8Array, device: string): boolean {
  return reader.get(nameOf(conversation, device)) !== undefined;
}

/** The definition is on its way to the device, ahead of the texts. */
export function noteIntroduced(draft: VaultDraft, conversation: Uint8Array, device: string): void {
  draft.put(nameOf(conversation, device), new Uint8Array());
}

/** The device lost its state: it must be told again. */
export function forgetIntroductions(draft: VaultDraft, device: string): void {
  for (const [name] of draft.list(INTRODUCED)) if (name.endsWith(`/${device}`)) draft.delete(name);
}

function nameOf(conversation: Uint8Array, device: string): string {
  return `${INTRODUCED}${encodeBase64url(conversation)}/${device}`;
}
