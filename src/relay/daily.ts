/**
 * What runs once a day (wrangler.toml). Each part, and each database of it, is tried, whichever fails; the run then fails
 * as a whole, so that the operator sees it. All of it is harmless twice, and what one run leaves is due the next time.
 */
import { closeDay } from "./consent/heads.ts";
import { recordsByJurisdiction } from "./consent/jurisdictions.ts";
import { purgeDue } from "./consent/purge.ts";
import { endUnopenedDue } from "./consent/unopened.ts";
import { tidyDirectory } from "./directory/daily.ts";

/**
 * Mailboxes that a run asks, of all jurisdictions together. The platform allows it a thousand calls, statements included,
 * most of which the directory takes (directory/daily.ts); a consent that has no mailbox takes ten.
 */
const MAX_ASKED = 25;

/** @param now ms since 1970 */
export async function runDaily(env: Env, now: number): Promise<void> {
  const ledgers = recordsByJurisdiction(env);
  const share = Math.ceil(MAX_ASKED / ledgers.length);
  const runs = await Promise.allSettled([
    ...ledgers.map((ledger) => closeAndPurge(env, ledger, now)),
    tidyDirectory(env, now),
    ...ledgers.map(({ records }) => endUnopened(env, records, now, share)),
  ]);
  for (const run of runs) if (run.status === "rejected") throw run.reason;
}

/** The head first: nothing is purged that none covers. */
async function closeAndPurge(
  env: Env,
  ledger: { readonly jurisdiction: string; readonly records: D1Database },
  now: number,
): Promise<void> {
  const added = await closeDay(env, ledger, now);
  const { receipts, events, budgets, more } = await purgeDue(ledger.records, now);
  console.log(
    `daily run: ${added} events signed; purged: ${receipts} receipts, ${events} events, ${budgets} budgets`,
    more ? "(more is due)" : "(all that was due)",
  );
}

async function endUnopened(env: Env, records: D1Database, now: number, limit: number): Promise<void> {
  const { asked, ended } = await endUnopenedDue(env, records, now, limit);
  const more = asked < limit ? "(all that were due)" : "(more may be due)";
  if (asked > 0)
    console.log(`daily run: ${asked} mailboxes asked, ${ended} consents without one ended`, more);
}
