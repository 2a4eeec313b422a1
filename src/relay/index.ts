import { app } from "./app.ts";
import { purgeDue } from "./consent/purge.ts";
import { tidyDirectory } from "./directory/daily.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, env) {
    // Both are tried, whichever fails; the run then fails as a whole, so that the operator sees it.
    const runs = await Promise.allSettled([
      purgeDue(env.RECORDS, scheduledTime),
      tidyDirectory(env, scheduledTime),
    ]);
    for (const run of runs) if (run.status === "rejected") throw run.reason;
  },
} satisfies ExportedHandler<Env>;
