/** Linkings under way: vault entries `device/link-secret` and `linking/<address>`, JSON. */
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { newLinkSecret } from "./link-code.ts";

const SECRET = "device/link-secret";
const APPROVED = "linking/";

/** Two devices side by side need a minute; a code that was photographed is worth nothing by the evening. */
const LINK_LASTS = 15 * 60 * 1000;

/** The secret of the code that this device shows; a new one each time it is asked to show one. */
export function beginLinking(draft: VaultDraft, now: number): string {
  const secret = newLinkSecret();
  putJson(draft, SECRET, { secret, ends: now + LINK_LASTS });
  return secret;
}

export function linkSecret(reader: VaultReader, now: number): string | undefined {
  const kept = getJson<{ secret: string; ends: number }>(reader, SECRET);
  return kept === undefined || kept.ends <= now ? undefined : kept.secret;
}

export function endLinkSecret(draft: VaultDraft): void {
  draft.delete(SECRET);
}

/** The owner said yes, on their first device, to this one. */
export function approve(draft: VaultDraft, device: string, now: number): void {
  putJson(draft, APPROVED + device, { ends: now + LINK_LASTS });
}

export function isApproved(reader: VaultReader, device: string, now: number): boolean {
  const approval = getJson<{ ends: number }>(reader, APPROVED + device);
  return approval !== undefined && approval.ends > now;
}

export function endApproval(draft: VaultDraft, device: string): void {
  draft.delete(APPROVED + device);
}
