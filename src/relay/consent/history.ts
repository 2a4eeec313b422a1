/** The ledger's events of one consent, for whoever holds its random id: its device, and who was shown its receipt. */
import type { LedgerEvent } from "../../protocol/ledger/line.ts";

/** Events in one answer: some 300 octets each. Nobody agrees anew so often; if somebody does, there is a next page. */
const PAGE = 500;

export interface History {
  readonly events: LedgerEvent[];
  /** Whether more come behind these. */
  readonly more: boolean;
}

/**
 * @param from the position of the first event wanted
 * @returns without events when there is no such consent, or its events have been purged
 */
export async function historyOf(records: D1Database, consentId: string, from: number): Promise<History> {
  const { results } = await records
    .prepare(
      `SELECT place, consent_id AS consentId, position, kind, occurred_at AS occurredAt, notice_hash AS noticeHash,
         statement_hash AS statementHash, previous_hash AS previousHash, hash
         FROM consent_event WHERE consent_id = ? AND position >= ? ORDER BY position LIMIT ?`,
    )
    .bind(consentId, from, PAGE + 1)
    .all<LedgerEvent>();
  return { events: results.slice(0, PAGE), more: results.length > PAGE };
}
