/**
 * Who has to be told that this device's delivery token is another: vault entry `untold/<device>`, JSON. From the first
 * message on that tells it, every one does, until the other side names one of them as opened (`heard`).
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import type { Heard } from "../channel/head.ts";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const PREFIX = "untold/";

interface Told {
  /** The channel, base64url, and the first position on it that told. */
  readonly channelId?: string;
  readonly position?: number;
}

export function noteUntold(draft: VaultDraft, device: string): void {
  putJson(draft, PREFIX + device, {});
}

export function isUntold(reader: VaultReader, device: string): boolean {
  return reader.get(PREFIX + device) !== undefined;
}

/** A message that tells it was sealed. */
export function noteTelling(
  draft: VaultDraft,
  device: string,
  channelId: Uint8Array,
  position: number,
): void {
  const told = getJson<Told>(draft, PREFIX + device);
  const channel = encodeBase64url(channelId);
  if (told !== undefined && told.channelId !== channel)
    putJson(draft, PREFIX + device, { channelId: channel, position });
}

/** The other side names what it opened: the highest it has was one that told. */
export function noteTokenHeard(draft: VaultDraft, device: string, { channelId, reached }: Heard): void {
  const told = getJson<Told>(draft, PREFIX + device);
  if (told?.position === undefined || told.channelId !== encodeBase64url(channelId)) return;
  if (reached >= told.position) draft.delete(PREFIX + device);
}

export function dropUntold(draft: VaultDraft, device: string): void {
  draft.delete(PREFIX + device);
}

export function forgetUntold(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
