import { app } from "./app.ts";

export { Mailbox } from "./mailbox/mailbox.ts";
export default app;
