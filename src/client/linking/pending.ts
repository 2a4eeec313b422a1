/**
 * Linkings under way, each with its end. Vault entries, JSON:
 *
 * - `device/link-secret`: of the code that this device shows
 * - `device/joining`: the person's address that this device has countersigned
 * - `linking/<address>`: on the first device, one that its owner approved
 */
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { newLinkSecret } from "./link-code.ts";

const SECRET = "device/link-secret";
const JOINING = "device/joining";
const APPROVED = "linking/";

/**
 * Each step of a linking must follow the one before within this, in ms. Two devices side by side need a minute; a code
 * that was photographed is worth nothing by the evening, nor is a yes that nobody took up.
 */
const LINK_LASTS = 15 * 60 * 1000;

/** The owner leaves: nothing that was under way may be completed under another consent. */
export function forgetLinkings(draft: VaultDraft): void {
  for (const name of [SECRET, JOINING]) draft.delete(name);
  for (const [name] of draft.list(APPROVED)) draft.delete(name);
}

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

/** This device has agreed to belong to `person`: the next list of theirs that names it is its own. */
export function noteJoining(draft: VaultDraft, person: string, now: number): void {
  putJson(draft, JOINING, { person, ends: now + LINK_LASTS });
}

export function isJoining(reader: VaultReader, person: string, now: number): boolean {
  const joining = getJson<{ person: string; ends: number }>(reader, JOINING);
  return joining !== undefined && joining.person === person && joining.ends > now;
}

export function endJoining(draft: VaultDraft): void {
  draft.delete(JOINING);
}

/** Forgets linkings that were not finished in time. */
export function sweepLinkings(draft: VaultDraft, now: number): void {
  const names = [SECRET, JOINING, ...draft.list(APPROVED).map(([name]) => name)];
  for (const name of names)
    if ((getJson<{ ends: number }>(draft, name)?.ends ?? Number.POSITIVE_INFINITY) <= now) draft.delete(name);
}
