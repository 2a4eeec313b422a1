/**
 * What was opened, so that a double is known for one. No keys are here:
 *
 * - `opened/<mark>`: the bare tag of a message, or a founding's mark, for the longest TTL
 * - `founded/<channel id>`: a channel founded on the last-resort key, as long as that key can open it again
 *
 * Each entry is when it ends, 8 octets.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { decodeInteger, encodeInteger } from "../../protocol/integer.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const OPENED = "opened/";
const FOUNDED = "founded/";

export function wasOpened(reader: VaultReader, mark: Uint8Array): boolean {
  return reader.get(OPENED + encodeBase64url(mark)) !== undefined;
}

export function noteOpened(draft: VaultDraft, mark: Uint8Array, now: number): void {
  draft.put(OPENED + encodeBase64url(mark), encodeInteger(now + MAX_TTL_SECONDS * 1000));
}

export function wasFounded(reader: VaultReader, channelId: Uint8Array): boolean {
  return reader.get(FOUNDED + encodeBase64url(channelId)) !== undefined;
}

export function noteFoundedOnLastResort(draft: VaultDraft, channelId: Uint8Array, keyEnds: number): void {
  draft.put(FOUNDED + encodeBase64url(channelId), encodeInteger(keyEnds));
}

export function sweepSeen(draft: VaultDraft, now: number): void {
  for (const [name, ends] of [...draft.list(OPENED), ...draft.list(FOUNDED)])
    if ((decodeInteger(ends) ?? 0) <= now) draft.delete(name);
}
