/**
 * What the device has to tell other devices by itself, a little later: copies for its owner's other devices,
 * receipts, changed lists, lost state. Vault entry `errand/<number>`, JSON. An errand is journaled in the
 * transaction that made it necessary, sealed when it is due, and dropped when the relay has its envelope: held or
 * delivered. If that can't be said of the envelope, it is sealed anew: whoever gets it twice knows what it says.
 */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { DAY, MAX_TTL_SECONDS } from "../protocol/limits.ts";
import { type Content, decodeMessage, encodeMessage } from "./channel/content.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "errand/";
const COUNTER = "device/errand-counter";

/** A failed errand is tried again this much later: it waits for keys or a relay, not for milliseconds. */
export const ERRAND_RETRY = 10 * 60 * 1000;

/** What was refused is sealed again after this, and after twice as long each time: a mailbox stays full for hours. */
const FIRST_RESEAL = ERRAND_RETRY;
const LAST_RESEAL = DAY;

export interface Errand {
  /** A device's address. */
  readonly to: string;
  readonly content: Content;
  /** Not before this, ms since 1970. */
  readonly due: number;
  /** Given up after this. */
  readonly ends: number;
}

interface Stored extends Omit<Errand, "content"> {
  readonly content: string;
  /** How many envelopes it was sealed in, one after another. */
  readonly seals?: number;
  /** An envelope with it is in the queue; `due` is when the next may be sealed, should this one be refused. */
  readonly sealed?: true;
}

export function addErrand(draft: VaultDraft, to: string, content: Content, due: number): void {
  const count = (getJson<number>(draft, COUNTER) ?? 0) + 1;
  putJson(draft, COUNTER, count);
  const octets = encodeMessage({ head: { sentAt: 0, known: 0 }, counter: 0, content });
  const stored: Stored = { to, content: encodeBase64url(octets), due, ends: due + MAX_TTL_SECONDS * 1000 };
  putJson(draft, PREFIX + String(count).padStart(16, "0"), stored);
}

/** Those that may be sealed now, oldest first. */
export function dueErrands(reader: VaultReader, now: number): [name: string, errand: Errand][] {
  return inOrder(reader).flatMap(([name, { content, ...rest }]): [string, Errand][] => {
    const octets = rest.due > now ? undefined : decodeBase64url(content);
    const message = octets && decodeMessage(octets);
    return message === undefined ? [] : [[name, { ...rest, content: message.content }]];
  });
}

/** When the next may be sealed; undefined when there is none. */
export function nextErrand(reader: VaultReader): number | undefined {
  const due = inOrder(reader).map(([, errand]) => errand.due);
  return due.length === 0 ? undefined : Math.min(...due);
}

/**
 * Those that are in no envelope. So that each recipient's stay in order, none is due before those in front of it; but
 * one that was refused may wait for days, and others don't wait with it.
 */
function inOrder(reader: VaultReader): [name: string, errand: Stored][] {
  const latest = new Map<string, number>();
  return listJson<Stored>(reader, PREFIX).flatMap(([name, errand]): [string, Stored][] => {
    if (errand.sealed) return [];
    const due = Math.max(errand.due, latest.get(errand.to) ?? 0);
    if (errand.seals === undefined) latest.set(errand.to, due);
    return [[name, { ...errand, due }]];
  });
}

/** An envelope in the queue carries it. */
export function noteErrandSealed(draft: VaultDraft, name: string, now: number): void {
  const stored = getJson<Stored>(draft, name);
  if (stored === undefined) return;
  const { seals = 0 } = stored;
  const due = now + Math.min(LAST_RESEAL, FIRST_RESEAL * 2 ** Math.min(seals, 16));
  putJson(draft, name, { ...stored, due, seals: seals + 1, sealed: true } satisfies Stored);
}

/** The envelope that carried it may not have arrived: it is sealed again later, or given up if that is past its end. */
export function reopenErrand(draft: VaultDraft, name: string): void {
  const stored = getJson<Stored>(draft, name);
  if (stored === undefined) return;
  const { sealed: _, ...open } = stored;
  if (stored.due >= stored.ends) draft.delete(name);
  else putJson(draft, name, open satisfies Stored);
}

export function dropErrand(draft: VaultDraft, name: string): void {
  draft.delete(name);
}

/** Tries it later, or gives it up at its end. */
export function postponeErrand(draft: VaultDraft, name: string, now: number): void {
  const stored = getJson<Stored>(draft, name);
  if (stored === undefined) return;
  if (now + ERRAND_RETRY >= stored.ends) draft.delete(name);
  else putJson(draft, name, { ...stored, due: now + ERRAND_RETRY });
}

/** What was to be said to this device needs no saying any more. */
export function dropErrandsTo(draft: VaultDraft, to: string): void {
  for (const [name, errand] of listJson<Stored>(draft, PREFIX)) if (errand.to === to) draft.delete(name);
}

export function forgetErrands(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
