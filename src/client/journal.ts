/**
 * The inbox journal: texts that are opened and not yet done with. An entry is written in the same transaction
 * that moves the channel on, and dropped when the app has finished with it.
 */
import { noteTextTaken, wasTextTaken } from "./taken-texts.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "inbox/";
const COUNTER = "device/inbox-counter";

export interface JournalEntry {
  /** Stable: the text's own id, made by its sender. */
  readonly id: string;
  /** The person who wrote it: proven by the channel, or by the owner's own device that passes it on. */
  readonly from: string;
  /** The device that it came from. */
  readonly device: string;
  readonly text: string;
  /** The sender's clock, ms since 1970: to show, never to decide by. */
  readonly sentAt: number;
  /** The conversation's id and the hash of who is in it, base64url. */
  readonly conversation: string;
  readonly members: string;
  /** The other person, in a conversation of two. */
  readonly other?: string;
  /** Whether the owner wrote it, on another device. */
  readonly own: boolean;
  /** Whether one of the owner's own devices passed it on. */
  readonly copied: boolean;
  /** The counter of the owner's device list that its sender knew. */
  readonly known: number;
  /** The id under which the relay holds the envelope. */
  readonly heldAs: number;
  /** False while the relay has not confirmed that a revocable text is this device's for good. */
  readonly confirmed: boolean;
}

/** @returns its name in the journal */
export function appendJournal(draft: VaultDraft, entry: JournalEntry): string {
  const count = (getJson<number>(draft, COUNTER) ?? 0) + 1;
  const name = PREFIX + String(count).padStart(16, "0");
  putJson(draft, COUNTER, count);
  putJson(draft, name, entry);
  return name;
}

/** Oldest first. */
export function listJournal(reader: VaultReader): [name: string, entry: JournalEntry][] {
  return listJson<JournalEntry>(reader, PREFIX);
}

/** The app is done with it. @returns what it was. @throws RangeError when it is gone already */
export function dropJournal(draft: VaultDraft, name: string): JournalEntry {
  const entry = getJson<JournalEntry>(draft, name);
  if (entry === undefined) throw new RangeError("name: no entry of the journal has it");
  draft.delete(name);
  return entry;
}

/**
 * The relay's word on revocable texts: shown if it is ours, dropped unseen if the sender was first, or if it came
 * another way meanwhile.
 *
 * @returns those that are ours now
 */
export function confirmJournal(
  draft: VaultDraft,
  results: readonly { readonly id: number; readonly erased: boolean }[],
  now: number,
): JournalEntry[] {
  const waiting = listJournal(draft).filter(([, entry]) => !entry.confirmed);
  return waiting.flatMap(([name, entry]) => {
    const result = results.find(({ id }) => id === entry.heldAs);
    if (result === undefined) return [];
    draft.delete(name);
    if (!result.erased || wasTextTaken(draft, entry.from, entry.id)) return [];
    noteTextTaken(draft, entry.from, entry.id, now);
    const confirmed = { ...entry, confirmed: true };
    putJson(draft, name, confirmed);
    return [confirmed];
  });
}
