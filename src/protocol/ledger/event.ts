/**
 * An event of the consent ledger and its hash: SHA-256 over a `restante/event/1` statement of
 *
 *     consent id | position (8) | kind | occurred at (8) | notice hash or nothing | statement hash or nothing
 *     | hash of the event before it or nothing
 *
 * texts as stored (base64url for ids and hashes). Each hash covers all that came before in the same consent. The
 * event's place among all events is not in it, since that is known only once it is stored: heads cover it (head.ts).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../base64url.ts";
import { encodeInteger } from "../integer.ts";
import { encodeStatement } from "../statement.ts";

/**
 * - `granted`: the first of each consent. - `renewed`: the device agreed anew. - `narrowed`: it did, and took purposes
 *   away. - `superseded`: another device showed the number to be its own, and the purpose `discovery` ended.
 * - `lapsed`: the consent ended because its device was not seen for too long. - `withdrawn`: it ended as the person asked.
 */
export const EVENT_KINDS = ["granted", "renewed", "narrowed", "superseded", "lapsed", "withdrawn"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Nothing follows one of these. */
export function endsConsent(kind: EventKind): boolean {
  return kind === "lapsed" || kind === "withdrawn";
}

/** Whether an event of this kind names a notice and a statement; others name neither. */
export function namesStatement(kind: EventKind): boolean {
  return kind === "granted" || kind === "renewed" || kind === "narrowed";
}

/** What happened, before it has a place in a chain. */
export interface ConsentHappening {
  readonly consentId: string;
  readonly kind: EventKind;
  /** ms since 1970, by the relay's clock. */
  readonly occurredAt: number;
  readonly noticeHash: string | null;
  readonly statementHash: string | null;
}

export interface ConsentEvent extends ConsentHappening {
  /** 0 for the consent's first event, then one more each. */
  readonly position: number;
  readonly previousHash: string | null;
  readonly hash: string;
}

/** base64url; the event's own `hash` is not read. */
export function eventHash(event: Omit<ConsentEvent, "hash">): string {
  return encodeBase64url(
    sha256(
      encodeStatement("event", [
        utf8ToBytes(event.consentId),
        encodeInteger(event.position),
        utf8ToBytes(event.kind),
        encodeInteger(event.occurredAt),
        utf8ToBytes(event.noticeHash ?? ""),
        utf8ToBytes(event.statementHash ?? ""),
        utf8ToBytes(event.previousHash ?? ""),
      ]),
    ),
  );
}
