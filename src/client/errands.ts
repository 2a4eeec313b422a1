/**
 * What the device has to tell other devices by itself, a little later: copies for its owner's other devices,
 * receipts, changed lists, lost state. Vault entry `errand/<number>`, JSON. An errand is journaled in the
 * transaction that made it necessary and sealed when it is due, in the one that drops it.
 */
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";
import { type Content, decodeMessage, encodeMessage } from "./channel/content.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "errand/";
const COUNTER = "device/errand-counter";

/** A failed errand is tried again this much later: it waits for keys or a relay, not for milliseconds. */
export const ERRAND_RETRY = 10 * 60 * 1000;

export interface Errand {
  /** A device's address. */
  readonly to: string;
  readonly content: Content;
  /** Not before this, ms since 1970. */
  readonly due: number;
  /** Given up after this. */
  readonly ends: number;
}

type Stored = Omit<Errand, "content"> & { readonly content: string };

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

/** So that each recipient's stay in order, none is due before those in front of it. */
function inOrder(reader: VaultReader): [name: string, errand: Stored][] {
  const latest = new Map<string, number>();
  return listJson<Stored>(reader, PREFIX).map(([name, errand]) => {
    const due = Math.max(errand.due, latest.get(errand.to) ?? 0);
    latest.set(errand.to, due);
    return [name, { ...errand, due }];
  });
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
