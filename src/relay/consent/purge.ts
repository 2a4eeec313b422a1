/**
 * What D1 keeps for a while goes when its time is over (retention.ts), whether or not
 * anybody comes by: a cron trigger runs this once a day (wrangler.toml).
 */

/** Rows a statement, so that none holds the database for long: a D1 database runs one at a time. */
const STEP = 1000;

/** Statements a table and run. Three tables stay below what the platform allows in one; the rest goes next day. */
const STEPS = 20;

const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

/** Never before the database's own clock says so: the tables' triggers go by that clock. */
const DUE = `purge_after <= MIN(?1, ${NOW})`;

const RECEIPTS = `DELETE FROM consent_receipt WHERE consent_id IN (
  SELECT consent_id FROM consent_receipt WHERE ${DUE} LIMIT ?2)`;

const EVENTS = `DELETE FROM consent_event WHERE (consent_id, position) IN (
  SELECT consent_id, position FROM consent_event
  WHERE ${DUE} AND consent_id NOT IN (SELECT consent_id FROM consent) LIMIT ?2)`;

/** Buckets that have filled up again: they say nothing any more (budgets/bucket.ts). */
const BUDGETS = `DELETE FROM budget WHERE subject IN (SELECT subject FROM budget WHERE ${DUE} LIMIT ?2)`;

/**
 * Deletes receipts, events and budgets that are due. Harmless twice, also at once.
 *
 * @param now ms since 1970
 * @throws when D1 cannot be reached: what is due is still due tomorrow
 */
export async function purgeDue(records: D1Database, now: number): Promise<void> {
  for (const statement of [RECEIPTS, EVENTS, BUDGETS])
    for (let step = 0; step < STEPS; step++) {
      const { meta } = await records.prepare(statement).bind(now, STEP).run();
      if (meta.changes < STEP) break;
    }
}
