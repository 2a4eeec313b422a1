/**
 * Envelopes that no key of this device opens yet. They are acknowledged, so that the relay forgets them, and
 * kept sealed until their time ends: a founding that comes late may still open them.
 */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft } from "./vault/vault.ts";

const PREFIX = "aside/";

/** More than a person's contacts send out of order in a moment; a flood of junk costs 4 MiB and no more. */
const MAX_ASIDE = 64;

export interface HeldEnvelope {
  /** The relay's id for it. */
  readonly id: number;
  readonly envelope: Uint8Array;
  readonly heldUntil: number;
  readonly revocable: boolean;
}

interface AsideEntry extends Omit<HeldEnvelope, "envelope"> {
  readonly envelope: string;
}

/** When there is no room the newest is let go: what came first has had the least chance of being junk. */
export function setAside(draft: VaultDraft, held: HeldEnvelope, now: number): void {
  const kept = listJson<AsideEntry>(draft, PREFIX);
  const ended = kept.filter(([, { heldUntil }]) => heldUntil <= now);
  for (const [name] of ended) draft.delete(name);
  if (kept.length - ended.length >= MAX_ASIDE || held.heldUntil <= now) return;
  const entry: AsideEntry = { ...held, envelope: encodeBase64url(held.envelope) };
  putJson(draft, PREFIX + String(held.id).padStart(16, "0"), entry);
}

export function listAside(draft: VaultDraft): [name: string, held: HeldEnvelope][] {
  return listJson<AsideEntry>(draft, PREFIX).map(([name, entry]) => [
    name,
    { ...entry, envelope: decodeBase64url(entry.envelope) ?? new Uint8Array() },
  ]);
}

export function clearAside(draft: VaultDraft, name: string): void {
  draft.delete(name);
}
