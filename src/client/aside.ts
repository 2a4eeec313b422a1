/**
 * Envelopes that no key of this device opens yet. They are acknowledged, so that the relay forgets them, and
 * kept sealed until their time ends: a founding that comes late may still open them.
 *
 * A small index beside the envelopes makes looking cheap: junk must cost its receiver nothing but room.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeBase64url } from "../protocol/base64url.ts";
import { decodeEnvelope } from "../protocol/envelope.ts";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";
import { isExpected } from "./channel/expected.ts";
import { isKeyHere } from "./channel/pool.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "aside/";
const INDEX = "device/aside";

/** More than a person's contacts send out of order in a moment; a flood of junk costs 4 MiB and no more. */
const MAX_ASIDE = 64;
const MARK_SIZE = 16;

/**
 * Tries of an envelope that opened and could not be taken in, for a fault of this program. Perhaps what it stumbled on
 * passes, or a newer version of the app stumbles no more; but nobody may have such an envelope tried for ever.
 */
const MAX_TRIES = 3;
/** Between them, in ms: long enough for something to be another. */
const TRIED_AGAIN = 60 * 60 * 1000;

interface Failed {
  readonly times: number;
  readonly at: number;
}

export interface HeldEnvelope {
  /** The relay's id for it. */
  readonly id: number;
  readonly envelope: Uint8Array;
  readonly heldUntil: number;
  readonly revocable: boolean;
  /** How often and when it could not be taken in. */
  readonly failed?: Failed;
}

interface Aside {
  /** The first 16 octets of the envelope's SHA-256, base64url: the relay may show one envelope under many ids. */
  readonly mark: string;
  readonly id: number;
  /** The envelope's tag, base64url. */
  readonly tag: string;
  readonly heldUntil: number;
  /** Whether it may be shown once it opens: a revocable one only after the relay's confirmation. */
  readonly confirmed: boolean;
  readonly failed?: Failed;
}

/**
 * When there is no room the newest is let go: what came first has had the least chance of being junk.
 *
 * @returns whether it is here
 */
export function setAside(draft: VaultDraft, held: HeldEnvelope, now: number): boolean {
  sweepAside(draft, now);
  const { id, envelope, revocable, failed } = held;
  // The relay's word: one that says "for ever" must not fill the room for good.
  const heldUntil = Math.min(held.heldUntil, now + MAX_TTL_SECONDS * 1000);
  const tag = decodeEnvelope(envelope)?.tag;
  const mark = encodeBase64url(sha256(envelope).subarray(0, MARK_SIZE));
  const index = readIndex(draft);
  if (index.some((aside) => aside.mark === mark)) return true;
  if (tag === undefined || index.length >= MAX_ASIDE || heldUntil <= now) return false;
  draft.put(PREFIX + mark, envelope);
  const aside: Aside = {
    mark,
    id,
    tag: encodeBase64url(tag),
    heldUntil,
    confirmed: !revocable,
    ...(failed === undefined ? {} : { failed }),
  };
  putJson(draft, INDEX, [...index, aside]);
  return true;
}

/** One that could not be taken in, as often as that is tried. @returns whether it is here */
export function setAsideFailed(draft: VaultDraft, held: HeldEnvelope, now: number): boolean {
  const times = (held.failed?.times ?? 0) + 1;
  return times < MAX_TRIES && setAside(draft, { ...held, failed: { times, at: now } }, now);
}

/**
 * Takes out what may open now, oldest first: what a channel expects, and foundings on keys that are here, which had
 * to wait for their budget. What could not be taken in waits a while.
 */
export function takeOpenable(draft: VaultDraft, now: number): (HeldEnvelope & { confirmed: boolean })[] {
  sweepAside(draft, now);
  const found = readIndex(draft).filter((aside) => mayOpen(draft, aside, now));
  const envelopes = found.flatMap(({ mark, tag: _, ...aside }) => {
    const envelope = draft.get(PREFIX + mark);
    return envelope === undefined ? [] : [{ ...aside, revocable: !aside.confirmed, envelope }];
  });
  remove(draft, found);
  return envelopes;
}

/** Whether {@link takeOpenable} would take anything: a look at the index. */
export function hasOpenable(reader: VaultReader, now: number): boolean {
  return readIndex(reader).some((aside) => mayOpen(reader, aside, now));
}

function mayOpen(reader: VaultReader, { tag, failed }: Aside, now: number): boolean {
  if (failed !== undefined && now - failed.at < TRIED_AGAIN) return false;
  return isExpected(reader, tag) || isKeyHere(reader, tag);
}

/** The relay's word on revocable envelopes that are still sealed. */
export function confirmAside(
  draft: VaultDraft,
  results: readonly { readonly id: number; readonly erased: boolean }[],
): void {
  const erased = new Map(results.map((result) => [result.id, result.erased]));
  const index = readIndex(draft);
  const waiting = index.filter(({ id, confirmed }) => !confirmed && erased.has(id));
  if (waiting.length === 0) return;
  const ours = waiting.filter(({ id }) => erased.get(id));
  putJson(
    draft,
    INDEX,
    index.map((aside) => (ours.includes(aside) ? { ...aside, confirmed: true } : aside)),
  );
  remove(
    draft,
    waiting.filter((aside) => !ours.includes(aside)),
  );
}

/** Revocable envelopes that wait here for the relay's word, by its ids. */
export function unconfirmedAside(reader: VaultReader): number[] {
  return readIndex(reader).flatMap(({ id, confirmed }) => (confirmed ? [] : [id]));
}

export function forgetAside(draft: VaultDraft): void {
  remove(draft, readIndex(draft));
}

/** Forgets what nobody would hand over any more. */
export function sweepAside(draft: VaultDraft, now: number): void {
  remove(
    draft,
    readIndex(draft).filter(({ heldUntil }) => heldUntil <= now),
  );
}

function remove(draft: VaultDraft, gone: readonly Aside[]): void {
  if (gone.length === 0) return;
  const marks = new Set(gone.map(({ mark }) => mark));
  for (const mark of marks) draft.delete(PREFIX + mark);
  putJson(
    draft,
    INDEX,
    readIndex(draft).filter(({ mark }) => !marks.has(mark)),
  );
}

function readIndex(reader: VaultReader): Aside[] {
  return getJson<Aside[]>(reader, INDEX) ?? [];
}
