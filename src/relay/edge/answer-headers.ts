import { createMiddleware } from "hono/factory";
import type { RelayEnv } from "./context.ts";

/**
 * On every answer. Nothing here is a page: it is not to be sniffed, framed, run or kept; a route that may be
 * cached says so itself.
 */
export const answerHeaders = createMiddleware<RelayEnv>(async (c, next) => {
  await next();
  // An upgrade's answer is the mailbox's and cannot be changed.
  if (c.res.status === 101) return;
  const { headers } = c.res;
  if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  headers.set("referrer-policy", "no-referrer");
});
