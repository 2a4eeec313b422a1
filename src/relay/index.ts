import { app } from "./app.ts";
import { closeDay } from "./consent/heads.ts";
import { purgeDue } from "./consent/purge.ts";
import { tidyDirectory } from "./directory/daily.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, env) {
    // The head first: nothing is purged that none covers.
    const added = await closeDay(env, { records: env.RECORDS, jurisdiction: "" }, scheduledTime);
    const { receipts, events, budgets, more } = await purgeDue(env.RECORDS, scheduledTime);
    console.log(
      `daily run: ${added} events signed; purged: ${receipts} receipts, ${events} events, ${budgets} budgets`,
      more ? "(more is due)" : "(all that was due)",
    );
    await tidyDirectory(env, scheduledTime);
  },
} satisfies ExportedHandler<Env>;
