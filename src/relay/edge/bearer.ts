/** Senders over HTTP, by what their Authorization header opens (recipient.ts). */
import { createMiddleware } from "hono/factory";
import { nextBeat } from "./beat.ts";
import type { RelayEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";
import { openRecipient } from "./recipient.ts";

/** RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). */
const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/i;

/** For routes with `:address`: sets `recipient`. */
export const bearer = createMiddleware<RelayEnv>(async (c, next) => {
  const came = Date.now();
  const text = BEARER.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const { recipient, spend } = await openRecipient(c.env, c.req.param("address") ?? "", text);
  await spend();
  c.set("recipient", recipient);
  await next();
  // Only the mailbox's own refusal: the ones above are the same work for whatever mailbox, and wake none.
  if (c.error instanceof ProblemError && c.error.code === "not-authorized") await nextBeat(came);
});
