/**
 * Which texts were taken already, so that one that comes again in another envelope is not shown again: an own copy
 * that was sealed anew or passed on by two devices, or by one whose vault was put back. Vault entry `taken/<mark>`:
 * when it ends, 8 octets. The mark is the first 16 octets of a hash over author and text id: not the id alone, or
 * somebody in the conversation could use another's id to keep that text back.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../protocol/base64url.ts";
import { decodeInteger, encodeInteger } from "../protocol/integer.ts";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";
import { devicesOf, personOf } from "./people/persons.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const TAKEN = "taken/";
const MARK_SIZE = 16;

/**
 * For as long as a double may come, in ms: a week until the device that passes it on has it, a week in which it
 * seals that, a week in the mailbox.
 */
export const TEXT_REMEMBERED = 3 * MAX_TTL_SECONDS * 1000;

/** @param textId base64url */
export function wasTextTaken(reader: VaultReader, author: string, textId: string): boolean {
  // Its author may have been a device by itself when it came, and belong to somebody now.
  const person = personOf(reader, author);
  const names = new Set([author, person, ...devicesOf(reader, person)]);
  return [...names].some((name) => reader.get(nameOf(name, textId)) !== undefined);
}

/** The text is this device's for good: not before, for who takes a revocable one back may have sent it elsewhere. */
export function noteTextTaken(draft: VaultDraft, author: string, textId: string, now: number): void {
  draft.put(nameOf(author, textId), encodeInteger(now + TEXT_REMEMBERED));
}

export function sweepTakenTexts(draft: VaultDraft, now: number): void {
  for (const [name, ends] of draft.list(TAKEN)) if ((decodeInteger(ends) ?? 0) <= now) draft.delete(name);
}

export function forgetTakenTexts(draft: VaultDraft): void {
  for (const [name] of draft.list(TAKEN)) draft.delete(name);
}

function nameOf(author: string, textId: string): string {
  return TAKEN + encodeBase64url(sha256(utf8ToBytes(`${author}/${textId}`)).slice(0, MARK_SIZE));
}
