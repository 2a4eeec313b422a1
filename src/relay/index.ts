import { app } from "./app.ts";
import { allRecords } from "./consent/jurisdictions.ts";
import { purgeDue } from "./consent/purge.ts";
import { tidyDirectory } from "./directory/daily.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, env) {
    for (const records of allRecords(env)) await purgeDue(records, scheduledTime);
    await tidyDirectory(env, scheduledTime);
  },
} satisfies ExportedHandler<Env>;
