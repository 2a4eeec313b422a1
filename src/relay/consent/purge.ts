/**
 * What D1 keeps for a while goes when its time is over (retention.ts), whether or not
 * anybody comes by: a cron trigger runs this once a day (wrangler.toml).
 */

/** Rows a statement, so that none holds the database for long: a D1 database runs one at a time. */
const STEP = 1000;

/** Chains a statement: of two or three events each, most of them. */
const CHAINS = 400;

/** Statements a table and run. All of them stay below what the platform allows in one; the rest goes next day. */
const STEPS = 20;

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** Never before the database's own clock says so: the tables' triggers go by that clock. */
const DUE = `purge_after <= MIN(?1, ${NOW})`;

const RECEIPTS = `DELETE FROM consent_receipt WHERE consent_id IN (
  SELECT consent_id FROM consent_receipt WHERE ${DUE} LIMIT ?2)`;

/**
 * Whole chains, found by their ends. None of whose events is young, which a clock that ran back could have made, nor
 * behind the newest head, so that the triggers refuse none of them and the statement goes through.
 */
const CHAINS_DUE = `DELETE FROM consent_event WHERE consent_id IN (
  SELECT e.consent_id FROM consent_event e
  WHERE e.kind IN ('lapsed', 'withdrawn') AND e.${DUE}
    AND e.place <= IFNULL((SELECT events FROM ledger_head ORDER BY day DESC LIMIT 1), 0)
    AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.consent_id = e.consent_id)
    AND NOT EXISTS (SELECT 1 FROM consent_event y WHERE y.consent_id = e.consent_id AND y.purge_after > ${NOW})
  LIMIT ?2)`;

/** What one head added and of which only hashes are left: the heads before and after say that it was there. */
const SEGMENTS = `WITH segment AS (
    SELECT LAG(events, 1, 0) OVER (ORDER BY day) AS before, events AS last FROM ledger_head)
  DELETE FROM ledger_purged WHERE place IN (
    SELECT p.place FROM segment s JOIN ledger_purged p ON p.place > s.before AND p.place <= s.last
    WHERE NOT EXISTS (SELECT 1 FROM consent_event e WHERE e.place > s.before AND e.place <= s.last))`;

/** Buckets that have filled up again: they say nothing any more (budgets/bucket.ts). */
const BUDGETS = `DELETE FROM budget WHERE subject IN (SELECT subject FROM budget WHERE ${DUE} LIMIT ?2)`;

/** What a run has deleted, in rows, and whether more was due than a run deletes. */
export interface Purged {
  readonly receipts: number;
  readonly events: number;
  readonly budgets: number;
  readonly more: boolean;
}

/**
 * Deletes receipts, chains of events and budgets that are due. Harmless twice, also at once.
 *
 * @param now ms since 1970
 * @throws when D1 cannot be reached: what is due is still due tomorrow
 */
export async function purgeDue(records: D1Database, now: number): Promise<Purged> {
  const receipts = await inSteps(records, RECEIPTS, now, STEP);
  const events = await inSteps(records, CHAINS_DUE, now, CHAINS);
  await records.prepare(SEGMENTS).run();
  const budgets = await inSteps(records, BUDGETS, now, STEP);
  return {
    ...{ receipts: receipts.rows, events: events.rows, budgets: budgets.rows },
    more: receipts.more || events.more || budgets.more,
  };
}

async function inSteps(
  records: D1Database,
  statement: string,
  now: number,
  step: number,
): Promise<{ rows: number; more: boolean }> {
  let rows = 0;
  for (let taken = 0; taken < STEPS; taken++) {
    const { results } = await records.prepare(`${statement} RETURNING 1`).bind(now, step).all();
    rows += results.length;
    if (results.length < step) return { rows, more: false };
  }
  return { rows, more: true };
}
