import { app } from "./app.ts";
import { closeDay } from "./consent/heads.ts";
import { recordsByJurisdiction } from "./consent/jurisdictions.ts";
import { purgeDue } from "./consent/purge.ts";
import { tidyDirectory } from "./directory/daily.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, env) {
    // Each is tried, whichever fails; the run then fails as a whole, so that the operator sees it.
    const runs = await Promise.allSettled([
      closeAndPurge(env, scheduledTime),
      tidyDirectory(env, scheduledTime),
    ]);
    for (const run of runs) if (run.status === "rejected") throw run.reason;
  },
} satisfies ExportedHandler<Env>;

/** The head first: nothing is purged that none covers. */
async function closeAndPurge(env: Env, now: number): Promise<void> {
  for (const { jurisdiction, records } of recordsByJurisdiction(env)) {
    const added = await closeDay(env, { records, jurisdiction }, now);
    const { receipts, events, budgets, more } = await purgeDue(records, now);
    console.log(
      `daily run: ${added} events signed; purged: ${receipts} receipts, ${events} events, ${budgets} budgets`,
      more ? "(more is due)" : "(all that was due)",
    );
  }
}
