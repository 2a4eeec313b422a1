import { app } from "./app.ts";
import { runDaily } from "./daily.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export { OneTimeCode } from "./verification/one-time-code.ts";
export default {
  fetch: app.fetch,
  scheduled: ({ scheduledTime }, env) => runDaily(env, scheduledTime),
} satisfies ExportedHandler<Env>;
