import { app } from "./app.ts";
import { purgeDue } from "./consent/purge.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, env) {
    await purgeDue(env.RECORDS, scheduledTime);
  },
} satisfies ExportedHandler<Env>;
