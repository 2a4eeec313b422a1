/**
 * Introductions that this device has: each lets it write to one device that it found by number, until the two have
 * each other's delivery tokens. Vault entry `introduction/<device>`, JSON.
 */
import { DAY } from "../../protocol/limits.ts";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const PREFIX = "introduction/";

/** What a first use opens at the relay lasts 8 days; the last of them is left for clocks that differ. */
const PERMIT_LASTS = 7 * DAY;

export interface KnownIntroduction {
  /** In place of a delivery token. */
  readonly token: string;
  readonly relay: string;
  /** Days since 1970: it must first be used on this day or the next. */
  readonly day: number;
  /** When it was first used, as far as this device knows, ms since 1970. */
  readonly usedAt?: number;
}

export function getIntroduction(reader: VaultReader, device: string): KnownIntroduction | undefined {
  return getJson<KnownIntroduction>(reader, PREFIX + device);
}

export function putIntroduction(draft: VaultDraft, device: string, introduction: KnownIntroduction): void {
  putJson(draft, PREFIX + device, introduction);
}

/** Whether the relay should still take it. */
export function isUsable({ day, usedAt }: KnownIntroduction, now: number): boolean {
  return usedAt === undefined ? now < (day + 2) * DAY : now >= usedAt && now < usedAt + PERMIT_LASTS;
}

export function dropIntroduction(draft: VaultDraft, device: string): void {
  draft.delete(PREFIX + device);
}

export function forgetIntroductionTokens(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
