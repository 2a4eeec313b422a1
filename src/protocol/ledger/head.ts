/**
 * The daily head of the whole ledger. Each place has a link: SHA-256, base64url, over a `restante/ledger/1` statement of
 *
 *     link of the place before it, or nothing | place (8) | hash of the event there
 *
 * texts as stored. A head names the last place of its day and that place's link, and so covers every event up to there,
 * their order and their number. What one head adds to the one before can be checked by itself.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../base64url.ts";
import { encodeInteger } from "../integer.ts";
import { encodeStatement } from "../statement.ts";

/** The JWS header's `typ`. */
export const LEDGER_HEAD_TYPE = "restante-ledger-head+jwt";

/** What a head says, as the claims of its JWS say it, beside `iat`. */
export interface LedgerHead {
  /** UTC, `YYYY-MM-DD`. */
  readonly day: string;
  /** How many events there had ever been: the last place that is covered. */
  readonly events: number;
  /** That place's link; empty while there had been no event. */
  readonly hash: string;
}

/** @param before the link of the place before; empty for the first */
export function linkOf(before: string, place: number, hash: string): string {
  return encodeBase64url(
    sha256(encodeStatement("ledger", [utf8ToBytes(before), encodeInteger(place), utf8ToBytes(hash)])),
  );
}

/** @returns undefined when `claims` are not those of a head */
export function readHead(claims: unknown): LedgerHead | undefined {
  if (typeof claims !== "object" || claims === null) return undefined;
  const { day, events, hash } = claims as Record<string, unknown>;
  if (typeof day !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))
    return undefined;
  if (typeof events !== "number" || !Number.isSafeInteger(events) || events < 0) return undefined;
  if (typeof hash !== "string" || (hash === "") !== (events === 0)) return undefined;
  return { day, events, hash };
}
