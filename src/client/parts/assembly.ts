/**
 * Putting the parts of long texts together, in whatever order they come, in bounded room. In the vault:
 *
 * - `part/<sender>/<text id>/<index>`: the octets of a part that is here
 * - `assembling/<sender>/<text id>`: a small head of each unfinished text, by which everything is decided
 * - `assembled/<sender>/<text id>`: a text that is over (whole, broken or given up), for the longest TTL: a
 *   late repeat of one of its parts must not begin it anew. When the mark ends, 8 octets.
 *
 * Nothing but the sender's own parts can spoil a text: the sender is who the channel proved.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { MAX_ENVELOPE_SIZE } from "../../protocol/envelope.ts";
import { decodeInteger, encodeInteger } from "../../protocol/integer.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import type { Part } from "../channel/content.ts";
import { getJson, listJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { MAX_PARTS, MAX_TEXT } from "./cutting.ts";

const PART = "part/";
const ASSEMBLING = "assembling/";
const ASSEMBLED = "assembled/";

/**
 * Unfinished texts of one sender: an honest one sends a text's parts one after another, so that at most the end
 * of one and the beginning of the next are on their way. Two senders alone can't use up all the room.
 */
export const MAX_UNFINISHED = 2;

/**
 * Octets reserved for unfinished texts of all senders: eight of the longest, which a phone's vault writes anew
 * at a checkpoint without the owner noticing. Reserved when a text begins, as much as its parts can hold at
 * most: a text that was let in is never refused for room later.
 */
export const MAX_ASSEMBLING = 8 * MAX_TEXT;

interface Head {
  /** Who wrote the text, by the word of the owner's own device that passes it on. */
  readonly author?: string;
  /** What all parts of the text must say alike. */
  readonly alike: string;
  readonly count: number;
  /** Indices of the parts that are here. */
  readonly here: readonly number[];
  /** Octets of the parts that are here. */
  readonly octets: number;
  /** When the last of the envelopes that brought them ends: missing ones, sent before or with it, end no later. */
  readonly ends: number;
}

export type TakenPart =
  /** Kept; or it was here already and nothing was changed. */
  | { readonly outcome: "waiting" }
  /** It was the last one missing. The body is well-formed, and what every part said it would be. */
  | { readonly outcome: "whole"; readonly body: string }
  /**
   * Not kept: no room for another text, another text's part, a part of a text that is over. Or the text is
   * broken (longer than 1 MiB, another hash, not UTF-8): then everything of it is dropped.
   */
  | { readonly outcome: "refused" };

/** A text that will never be whole. */
export interface GivenUp {
  /** The sending device's address. */
  readonly from: string;
  /** Who wrote it, when one of the owner's own devices passed it on. */
  readonly author?: string;
  /** The text's own id, base64url. */
  readonly id: string;
}

/**
 * @param from address of the device that sealed the part
 * @param endsAt when the part's envelope ends, ms since 1970; counts for at most the longest TTL from `now`
 */
export function takePart(
  draft: VaultDraft,
  from: string,
  part: Part,
  endsAt: number,
  now: number,
): TakenPart {
  const { index, count, octets } = part;
  const text = `${from}/${encodeBase64url(part.id)}`;
  if (count < 2 || count > MAX_PARTS || index >= count) return { outcome: "refused" };
  if (octets.length === 0 || octets.length > MAX_ENVELOPE_SIZE) return { outcome: "refused" };
  if (draft.get(ASSEMBLED + text) !== undefined) return { outcome: "refused" };

  const alike = whatIsAlike(part);
  const known = getJson<Head>(draft, ASSEMBLING + text);
  if (known === undefined && !hasRoom(draft, from, count)) return { outcome: "refused" };
  const author = part.copy === undefined ? {} : { author: part.copy.author };
  const head = known ?? { ...author, alike, count, here: [], octets: 0, ends: 0 };
  if (head.alike !== alike) return { outcome: "refused" };
  if (head.here.includes(index)) return { outcome: "waiting" };

  const grown: Head = {
    ...head,
    here: [...head.here, index],
    octets: head.octets + octets.length,
    ends: Math.max(head.ends, Math.min(endsAt, now + MAX_TTL_SECONDS * 1000)),
  };
  if (grown.octets > MAX_TEXT) {
    end(draft, text, head, now);
    return { outcome: "refused" };
  }
  if (grown.here.length < count) {
    draft.put(`${PART}${text}/${index}`, octets);
    putJson(draft, ASSEMBLING + text, grown);
    return { outcome: "waiting" };
  }
  const whole = concatBytes(
    ...Array.from({ length: count }, (_, i) => (i === index ? octets : partOf(draft, text, i))),
  );
  end(draft, text, head, now);
  const body =
    encodeBase64url(sha256(whole)) === encodeBase64url(part.wholeHash) ? decodeUtf8(whole) : undefined;
  return body === undefined ? { outcome: "refused" } : { outcome: "whole", body };
}

/**
 * Gives up texts whose missing parts have expired on their way, and drops all that is here of them.
 *
 * @returns which: their parts were acknowledged, so the owner must be told that something was lost
 */
export function sweepParts(draft: VaultDraft, now: number): GivenUp[] {
  const givenUp: GivenUp[] = [];
  for (const [name, head] of listJson<Head>(draft, ASSEMBLING)) {
    if (head.ends > now) continue;
    const text = name.slice(ASSEMBLING.length);
    end(draft, text, head, now);
    const [from = "", id = ""] = text.split("/");
    givenUp.push({ from, id, ...(head.author === undefined ? {} : { author: head.author }) });
  }
  for (const [name, ends] of draft.list(ASSEMBLED)) if ((decodeInteger(ends) ?? 0) <= now) draft.delete(name);
  return givenUp;
}

/** Forgets every unfinished text: the rest of it will not come any more. */
export function forgetParts(draft: VaultDraft): void {
  for (const prefix of [PART, ASSEMBLING, ASSEMBLED])
    for (const [name] of draft.list(prefix)) draft.delete(name);
}

function hasRoom(draft: VaultDraft, from: string, count: number): boolean {
  const unfinished = listJson<Head>(draft, ASSEMBLING);
  const ofSender = unfinished.filter(([name]) => name.startsWith(`${ASSEMBLING}${from}/`));
  const reserved = unfinished.reduce((sum, [, head]) => sum + reservedFor(head.count), 0);
  return ofSender.length < MAX_UNFINISHED && reserved + reservedFor(count) <= MAX_ASSEMBLING;
}

/** The most that so many parts can hold: a text in two parts takes less of the room than one of a megabyte. */
function reservedFor(count: number): number {
  return Math.min(MAX_TEXT, count * MAX_ENVELOPE_SIZE);
}

/** Parts of one text that disagree here were never cut from one. */
function whatIsAlike({ conversation, members, wholeHash, count, revocable, copy }: Part): string {
  const octets = [conversation, members, wholeHash].map(encodeBase64url);
  return JSON.stringify([...octets, count, revocable, copy?.author ?? "", copy?.with ?? ""]);
}

function partOf(draft: VaultDraft, text: string, index: number): Uint8Array {
  return draft.get(`${PART}${text}/${index}`) ?? new Uint8Array();
}

/** Drops everything of a text and remembers that it is over. */
function end(draft: VaultDraft, text: string, head: Head, now: number): void {
  for (const index of head.here) draft.delete(`${PART}${text}/${index}`);
  draft.delete(ASSEMBLING + text);
  draft.put(ASSEMBLED + text, encodeInteger(now + MAX_TTL_SECONDS * 1000));
}
