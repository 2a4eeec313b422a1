/** The `budget` table. */
import { type BudgetLimit, retryAfterSeconds, UNIT } from "./bucket.ts";

export interface Cost extends BudgetLimit {
  /** Keyed hash of what is counted and for whom: see spending.ts. */
  readonly subject: string;
  /** Uses. */
  readonly cost: number;
}

export type Spent = { readonly outcome: "spent" } | OverBudget;

interface OverBudget {
  readonly outcome: "budget-spent";
  /** When one more fits. Never which budget it was. */
  readonly retryAfterSeconds: number;
}

/** D1 binds every number as a float: cast, so that the database's 64-bit integers do the arithmetic. */
const WANTED = "(?, CAST(? AS INTEGER), CAST(? AS INTEGER), CAST(? AS INTEGER))";

/**
 * Spends all of `costs` or none of them: one statement, so that of two at once only one gets what is left for one,
 * and nothing is written when anything is refused.
 *
 * @param costs of distinct subjects
 * @param now ms since 1970
 * @throws when D1 cannot be reached: then nothing was spent, or it was and nobody was served for it
 */
export async function spendAll(records: D1Database, costs: readonly Cost[], now: number): Promise<Spent> {
  const { results } = await records
    .prepare(
      `WITH wanted (subject, cost, capacity, per_day) AS (VALUES ${costs.map(() => WANTED).join(", ")}),
         time (now) AS (VALUES (CAST(? AS INTEGER))),
         refilled AS (
           SELECT w.subject, w.cost, w.capacity, w.per_day, MAX(now, COALESCE(b.counted_at, now)) AS counted_at,
             MIN(w.capacity, COALESCE(b.level + MAX(0, now - b.counted_at) * w.per_day, w.capacity)) AS level
           FROM wanted w JOIN time LEFT JOIN budget b ON b.subject = w.subject)
       INSERT INTO budget (subject, level, counted_at, purge_after)
         SELECT subject, level - cost, counted_at,
           counted_at + (capacity - level + cost + per_day - 1) / per_day
         FROM refilled WHERE NOT EXISTS (SELECT 1 FROM refilled WHERE level < cost)
         ON CONFLICT (subject) DO UPDATE SET
           level = excluded.level, counted_at = excluded.counted_at, purge_after = excluded.purge_after
       RETURNING subject`,
    )
    .bind(
      ...costs.flatMap(({ subject, cost, capacity, perDay }) => [
        subject,
        cost * UNIT,
        capacity * UNIT,
        perDay,
      ]),
      now,
    )
    .all();
  return results.length > 0 ? { outcome: "spent" } : overBudget(records, costs, now);
}

async function overBudget(records: D1Database, costs: readonly Cost[], now: number): Promise<OverBudget> {
  const { results } = await records
    .prepare(
      `SELECT subject, level, counted_at AS countedAt FROM budget
         WHERE subject IN (${costs.map(() => "?").join(", ")})`,
    )
    .bind(...costs.map(({ subject }) => subject))
    .all<{ subject: string; level: number; countedAt: number }>();
  const waits = costs.map((cost) =>
    retryAfterSeconds(
      results.find(({ subject }) => subject === cost.subject),
      cost,
      now,
    ),
  );
  return { outcome: "budget-spent", retryAfterSeconds: Math.max(...waits) };
}
