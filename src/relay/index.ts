import { DurableObject } from "cloudflare:workers";
import { app } from "./app.ts";

export class Mailbox extends DurableObject<Env> {}
export default app;
