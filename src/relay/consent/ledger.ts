/**
 * The append-only ledger of consents in D1, and the end of a consent. The tables themselves refuse what must
 * not happen (migrations/0004_ledger.sql); here it is only asked for.
 */
import { type ConsentEvent, type EventKind, endsConsent } from "../../protocol/ledger/event.ts";
import { followingEvent, type NewestEvent } from "./event.ts";
import { EVENT_KEPT, RECEIPT_KEPT } from "./retention.ts";

/** Two ends of one consent can meet a few times at most: its mailbox's alarm and its owner's retry. */
const ATTEMPTS = 3;

/** The consent's newest event. */
export async function newestEvent(
  records: D1Database,
  consentId: string,
): Promise<(NewestEvent & { readonly kind: EventKind }) | undefined> {
  const row = await records
    .prepare(
      "SELECT position, hash, kind FROM consent_event WHERE consent_id = ? ORDER BY position DESC LIMIT 1",
    )
    .bind(consentId)
    .first<NewestEvent & { readonly kind: EventKind }>();
  return row ?? undefined;
}

/** One behind the last, also when that has been purged: not before a head covered it. */
const NEXT_PLACE = `1 + MAX(IFNULL((SELECT MAX(place) FROM consent_event), 0),
  IFNULL((SELECT events FROM ledger_head ORDER BY day DESC LIMIT 1), 0))`;

/** Appends an event. Fails, and its batch with it, when another event took its place first. */
export function appendEvent(records: D1Database, event: ConsentEvent): D1PreparedStatement {
  return appendEventIf(records, event, "TRUE", []);
}

/** The same, if `condition` holds at that moment; else nothing. `values` are its parameters. */
export function appendEventIf(
  records: D1Database,
  event: ConsentEvent,
  condition: string,
  values: readonly (string | number)[],
): D1PreparedStatement {
  return records
    .prepare(
      `INSERT INTO consent_event (place, consent_id, position, kind, occurred_at, notice_hash, statement_hash,
         previous_hash, hash, purge_after) SELECT ${NEXT_PLACE}, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE ${condition}`,
    )
    .bind(
      event.consentId,
      event.position,
      event.kind,
      event.occurredAt,
      event.noticeHash,
      event.statementHash,
      event.previousHash,
      event.hash,
      event.occurredAt + EVENT_KEPT,
      ...values,
    );
}

/** Whether a statement made a consent before, in force or ended. */
export async function isStatementUsed(records: D1Database, statementHash: string): Promise<boolean> {
  const row = await records
    .prepare("SELECT 1 FROM consent_event WHERE statement_hash = ?")
    .bind(statementHash)
    .first();
  return row !== null;
}

/**
 * Ends a consent: its record and purposes go, the ledger gains the end's event, the receipt is kept; all of it or
 * nothing. Calling it again, also at the same time, changes nothing more.
 *
 * @param end.kind how it ended; `withdrawn` unless given
 * @param end.receipt makes the erasure receipt, which names the end's event by its hash; kept unless one was kept before.
 *   Of a consent whose whole chain was purged there is no event
 * @param end.at ms since 1970
 * @returns the receipt that was kept first
 * @throws when D1 cannot be reached: repeat it
 */
export async function endConsent(
  records: D1Database,
  end: {
    consentId: string;
    receipt: (ledgerHead: string | undefined) => Promise<string> | string;
    at: number;
    kind?: "withdrawn" | "lapsed";
  },
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const kept = await keptReceipt(records, end.consentId);
    if (kept !== undefined) return kept;
    const newest = await newestEvent(records, end.consentId);
    const event = endingEvent(newest, end);
    const receipt = await end.receipt(event?.hash ?? newest?.hash);
    try {
      await records.batch([
        ...(event === undefined ? [] : [appendEvent(records, event)]),
        records.prepare("DELETE FROM consent WHERE consent_id = ?").bind(end.consentId),
        records
          .prepare("INSERT INTO consent_receipt (consent_id, receipt, purge_after) VALUES (?, ?, ?)")
          .bind(end.consentId, receipt, end.at + RECEIPT_KEPT),
      ]);
      return receipt;
    } catch (error) {
      // Most likely another end, or a renewal, was faster: look again at what is there now.
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** None when it is asked for again after the receipt, or the whole chain, was purged: the end stays one. */
function endingEvent(
  newest: (NewestEvent & { readonly kind: EventKind }) | undefined,
  { consentId, kind = "withdrawn", at }: { consentId: string; kind?: "withdrawn" | "lapsed"; at: number },
): ConsentEvent | undefined {
  if (newest === undefined || endsConsent(newest.kind)) return undefined;
  const happening = { consentId, kind, occurredAt: at, noticeHash: null, statementHash: null };
  return followingEvent(newest, happening);
}

/** The erasure receipt under a consent id, until it is purged. */
export async function keptReceipt(records: D1Database, consentId: string): Promise<string | undefined> {
  const row = await records
    .prepare("SELECT receipt FROM consent_receipt WHERE consent_id = ?")
    .bind(consentId)
    .first<{ receipt: string }>();
  return row?.receipt;
}
