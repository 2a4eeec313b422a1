/**
 * What look-ups found, so that the same number is not asked for again and again: vault entry `found/<number>`, JSON.
 * It has an age, and ends when the owner says so.
 */
import { getJson, listJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const PREFIX = "found/";
const HOUR = 60 * 60 * 1000;

/** Who was found may have given the number up since: a day is soon enough, for a change waits three days anyhow. */
const FOUND_LASTS = 24 * HOUR;

/** Who was not found may join at any time: an hour keeps an address book from being looked up with each screen. */
const NOT_FOUND_LASTS = HOUR;

export interface Found {
  /** E.164. */
  readonly number: string;
  /** The device that is found by it; none when nobody is. */
  readonly address?: string;
  /** When the relay last sent a code to the number, to the day, ms since 1970. */
  readonly verifiedAt?: number;
  /** When it was looked up, ms since 1970. */
  readonly checkedAt: number;
}

/** What is known of a number, however old. */
export function getFound(reader: VaultReader, number: string): Found | undefined {
  return getJson<Found>(reader, PREFIX + number);
}

/** What is known of a number and not too old to go by. A clock that ran back makes it old. */
export function getFresh(reader: VaultReader, number: string, now: number): Found | undefined {
  const found = getFound(reader, number);
  const age = found === undefined ? 0 : now - found.checkedAt;
  const lasts = found?.address === undefined ? NOT_FOUND_LASTS : FOUND_LASTS;
  return age < 0 || age >= lasts ? undefined : found;
}

export function putFound(draft: VaultDraft, found: Found): void {
  putJson(draft, PREFIX + found.number, found);
}

/** The number under which a device was found last. */
export function numberOf(reader: VaultReader, address: string): string | undefined {
  const all = listJson<Found>(reader, PREFIX).map(([, found]) => found);
  return all
    .filter((found) => found.address === address)
    .sort((a, b) => b.checkedAt - a.checkedAt)
    .at(0)?.number;
}

export function forgetFound(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
