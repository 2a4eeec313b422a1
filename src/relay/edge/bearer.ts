/** Senders over HTTP, by what their Authorization header opens (recipient.ts). */
import { createMiddleware } from "hono/factory";
import type { RelayEnv } from "./context.ts";
import { openRecipient } from "./recipient.ts";

/** RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). */
const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/i;

/** For routes with `:address`: sets `recipient`. */
export const bearer = createMiddleware<RelayEnv>(async (c, next) => {
  const text = BEARER.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const { recipient, spend } = await openRecipient(c.env, c.req.param("address") ?? "", text);
  await spend();
  c.set("recipient", recipient);
  await next();
});
