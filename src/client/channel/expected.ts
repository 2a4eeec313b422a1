/**
 * Messages that may still come, each under its tag: vault entry `tag/<tag>`,
 *
 *     channel id 32 | position 2 | message key 32
 *
 * An unknown tag costs one look-up. Look-ahead and gaps have the same form: a key goes with its message.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { Cursor, encodeShort } from "../../protocol/cursor.ts";
import { TAG_SIZE } from "../../protocol/envelope.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { CHANNEL_ID_SIZE } from "./founding.ts";
import type { MessageKey } from "./message.ts";
import { SECRET_SIZE } from "./ratchet.ts";

const PREFIX = "tag/";

export interface Expected extends MessageKey {
  readonly channelId: Uint8Array;
  readonly position: number;
}

export function getExpected(reader: VaultReader, tag: Uint8Array): Expected | undefined {
  const bytes = reader.get(PREFIX + encodeBase64url(tag));
  return bytes && decodeExpected(tag, bytes);
}

/** Whether a message under this tag, in base64url, would be looked at. */
export function isExpected(reader: VaultReader, tag: string): boolean {
  return reader.get(PREFIX + tag) !== undefined;
}

export function putExpected(draft: VaultDraft, expected: Expected): void {
  const { channelId, position, messageKey, tag } = expected;
  draft.put(PREFIX + encodeBase64url(tag), concatBytes(channelId, encodeShort(position), messageKey));
}

export function deleteExpected(draft: VaultDraft, tag: Uint8Array): void {
  draft.delete(PREFIX + encodeBase64url(tag));
}

/** All of them: costs as much as there are, so only sweeping and a full house ask. */
export function listExpected(reader: VaultReader): Expected[] {
  return reader.list(PREFIX).flatMap(([name, bytes]) => {
    const tag = decodeBase64url(name.slice(PREFIX.length), TAG_SIZE);
    return tag === undefined ? [] : [decodeExpected(tag, bytes)];
  });
}

function decodeExpected(tag: Uint8Array, bytes: Uint8Array): Expected {
  const cursor = new Cursor(bytes);
  const channelId = cursor.octets(CHANNEL_ID_SIZE);
  const position = cursor.short();
  return { tag, channelId, position, messageKey: cursor.octets(SECRET_SIZE) };
}
