/**
 * An event of the consent ledger and its hash: SHA-256 over a `restante/event/1` statement of
 *
 *     consent id | position (8) | kind | occurred at (8) | notice hash or nothing | statement hash or nothing
 *     | hash of the event before it or nothing
 *
 * texts as stored (base64url for ids and hashes). Each hash covers all that came before in the same consent.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { encodeStatement } from "../../protocol/statement.ts";

/** `superseded`: another device showed the number to be its own, and the purpose `discovery` ended. */
type EventKind = "granted" | "renewed" | "superseded" | "withdrawn";

/** What happened, before it has a place in a chain. */
export interface ConsentHappening {
  readonly consentId: string;
  readonly kind: EventKind;
  readonly occurredAt: number;
  readonly noticeHash: string | null;
  readonly statementHash: string | null;
}

export interface ConsentEvent extends ConsentHappening {
  readonly position: number;
  readonly previousHash: string | null;
  readonly hash: string;
}

/** The newest event of a consent; what the next one follows. */
export interface LedgerHead {
  readonly position: number;
  readonly hash: string;
}

/** Places a happening behind `head`, or first when the consent has no event yet. */
export function followingEvent(head: LedgerHead | undefined, happening: ConsentHappening): ConsentEvent {
  const position = head === undefined ? 0 : head.position + 1;
  const previousHash = head?.hash ?? null;
  const hash = encodeBase64url(
    sha256(
      encodeStatement("event", [
        utf8ToBytes(happening.consentId),
        encodeInteger(position),
        utf8ToBytes(happening.kind),
        encodeInteger(happening.occurredAt),
        utf8ToBytes(happening.noticeHash ?? ""),
        utf8ToBytes(happening.statementHash ?? ""),
        utf8ToBytes(previousHash ?? ""),
      ]),
    ),
  );
  return { ...happening, position, previousHash, hash };
}
