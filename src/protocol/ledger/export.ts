/**
 * The ledger as D1 gives it out for an export: each row's `line` is one of line.ts. Parameters: the place after which to
 * begin, and how many lines at most. It stands here because the operator's tool, which reads the database from outside,
 * and the relay's tests must not each have their own.
 */
export const LEDGER_EXPORT = `
  SELECT place, json_object('place', place, 'consentId', consent_id, 'position', position, 'kind', kind,
    'occurredAt', occurred_at, 'noticeHash', notice_hash, 'statementHash', statement_hash,
    'previousHash', previous_hash, 'hash', hash) AS line
    FROM consent_event WHERE place > ?1
  UNION ALL SELECT place, json_object('place', place, 'hash', hash) FROM ledger_purged WHERE place > ?1
  ORDER BY place LIMIT ?2`;
