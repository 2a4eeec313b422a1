/**
 * Senders: the delivery token's MAC is checked here, so that a forged token wakes no mailbox. Whatever is wrong
 * with token, mailbox or consent, the answer is the one `not-authorized`.
 */
import { createMiddleware } from "hono/factory";
import { parseAddress } from "../../protocol/address.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { verifyDeliveryToken } from "../secrets/delivery-token.ts";
import type { RelayEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";
import { spendMailboxRate } from "./rate.ts";

/** RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). */
const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/i;

/** For routes with `:address`: sets `recipient`. */
export const bearer = createMiddleware<RelayEnv>(async (c, next) => {
  const address = parseAddress(c.req.param("address") ?? "");
  if (address === undefined) throw new ProblemError("malformed-address");
  const text = BEARER.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const token = await verifyDeliveryToken(c.env, address.text, text);
  const mailbox = token && mailboxOf(c.env, address);
  if (token === undefined || mailbox === undefined) throw new ProblemError("not-authorized");
  await spendMailboxRate(c.env, address.text, token.epoch);
  c.set("recipient", { address, epoch: token.epoch, mailbox });
  await next();
});
