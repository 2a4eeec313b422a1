/** The directory's share of the daily run (wrangler.toml): what no call came by for. */
import { directoryKeys } from "./keys.ts";
import { dueHolders, type Holder, settle } from "./settlement.ts";

/**
 * Claims settled in a run. The platform allows it a thousand calls, statements included: one that is settled takes six
 * (a call to a mailbox and five statements), the deletions here and in consent/purge.ts a hundred at most, and consents
 * without a mailbox (daily.ts) three hundred.
 */
const MAX_SETTLED = 95;

/** Rows a statement, so that none holds the database for long, and statements a run; the rest goes next day. */
const STEP = 1000;
const STEPS = 20;

/**
 * Settles claims that have come into effect, and deletes what is listed under keys that are not in use any more:
 * nobody can find it. Harmless twice.
 *
 * @param now ms since 1970
 * @throws when D1 cannot be reached: what is due is still due tomorrow
 */
export async function tidyDirectory(env: Env, now: number): Promise<void> {
  const live = directoryKeys(env).map(({ version }) => version);
  // No key at all is a secret that was lost or not set yet, and no reason to forget anybody.
  if (live.length === 0) return;
  for (const holder of await dueHolders(env.RECORDS, now, MAX_SETTLED)) await settleOrLeave(env, holder, now);
  for (const table of ["route_claim", "route"]) await dropRetired(env.RECORDS, table, live);
}

/** One that fails keeps none of the others: it is due the next time as well. */
async function settleOrLeave(env: Env, holder: Holder, now: number): Promise<void> {
  try {
    await settle(env, holder, now);
  } catch (error) {
    console.error("a claim could not be settled:", error instanceof Error ? error.name : "unknown");
  }
}

async function dropRetired(records: D1Database, table: string, live: readonly number[]): Promise<void> {
  const marks = live.map(() => "?").join(", ");
  for (let step = 0; step < STEPS; step++) {
    const { meta } = await records
      .prepare(
        `DELETE FROM ${table} WHERE (key_version, route_id) IN
           (SELECT key_version, route_id FROM ${table} WHERE key_version NOT IN (${marks}) LIMIT ?)`,
      )
      .bind(...live, STEP)
      .run();
    if (meta.changes === 0) break;
  }
}
