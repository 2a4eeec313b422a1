/**
 * Whom the owner does not want to hear from: vault entry `blocked/<device>`, JSON, one for each device that was known
 * of the person.
 */
import { devicesOf, personOf } from "../people/persons.ts";
import { getJson, listJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const PREFIX = "blocked/";

/** Unblock them first: nothing was sent. */
export class BlockedError extends Error {
  override readonly name = "BlockedError";
}

interface Blocked {
  readonly person: string;
  /** By the clock of the device where it was said, ms since 1970: of two words the later counts. */
  readonly at: number;
  /** Unblocked since. */
  readonly ended?: true;
}

/** What one of the owner's devices says to the others. */
export interface BlockingWord {
  readonly person: string;
  readonly devices: readonly string[];
  readonly blocked: boolean;
  readonly at: number;
}

/** A device is blocked with its person, also one that was not known then. */
export function isBlocked(reader: VaultReader, device: string): boolean {
  return wasBlocked(reader, device) || wasBlocked(reader, personOf(reader, device));
}

/** @returns whether that is news */
export function noteBlocking(draft: VaultDraft, { person, devices, blocked, at }: BlockingWord): boolean {
  const known = getJson<Blocked>(draft, PREFIX + person);
  if (known !== undefined && known.at >= at) return false;
  const all = new Set([person, ...devices, ...devicesOf(draft, person)]);
  for (const device of all)
    putJson(draft, PREFIX + device, { person, at, ...(blocked ? {} : { ended: true }) });
  return (known !== undefined && known.ended === undefined) !== blocked;
}

/** A moment for a new word on a person: later than the last, also where the clock was set back. */
export function nextWordAt(reader: VaultReader, person: string, now: number): number {
  const known = getJson<Blocked>(reader, PREFIX + person);
  return Math.max(now, (known?.at ?? 0) + 1);
}

/** Everything that was said, for a device of the owner's that is new. */
export function blockingWords(reader: VaultReader): BlockingWord[] {
  const all = listJson<Blocked>(reader, PREFIX).map(
    ([name, word]) => [name.slice(PREFIX.length), word] as const,
  );
  return all
    .filter(([device, { person }]) => device === person)
    .map(([person, { at, ended }]) => ({
      person,
      devices: all.filter(([, word]) => word.person === person).map(([device]) => device),
      blocked: ended === undefined,
      at,
    }));
}

function wasBlocked(reader: VaultReader, address: string): boolean {
  const word = getJson<Blocked>(reader, PREFIX + address);
  return word !== undefined && word.ended === undefined;
}
