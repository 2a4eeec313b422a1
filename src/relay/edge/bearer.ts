/**
 * Senders: a delivery token's MAC, or an introduction's output, is checked here, so that a forged one wakes no
 * mailbox. Whatever is wrong with token, mailbox or consent, the answer is the one `not-authorized`.
 */
import { createMiddleware } from "hono/factory";
import { parseAddress } from "../../protocol/address.ts";
import type { Pass } from "../mailbox/calls.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { verifyDeliveryToken } from "../secrets/delivery-token.ts";
import { verifyIntroduction } from "../secrets/introduction.ts";
import { nextBeat } from "./beat.ts";
import type { RelayEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";
import { spendMailboxRate } from "./rate.ts";

/** RFC 6750 §2.1; the scheme in any case (RFC 9110 §11.1). */
const BEARER = /^Bearer ([A-Za-z0-9_-]+)$/i;

/** For routes with `:address`: sets `recipient`. */
export const bearer = createMiddleware<RelayEnv>(async (c, next) => {
  const came = Date.now();
  const address = parseAddress(c.req.param("address") ?? "");
  if (address === undefined) throw new ProblemError("malformed-address");
  const text = BEARER.exec(c.req.header("authorization") ?? "")?.[1] ?? "";
  const pass = await verifyPass(c.env, address.text, text);
  const mailbox = pass && mailboxOf(c.env, address);
  if (pass === undefined || mailbox === undefined) throw new ProblemError("not-authorized");
  await spendMailboxRate(c.env, address.text, pass instanceof Uint8Array ? pass : pass.nonce);
  c.set("recipient", { address, pass, mailbox });
  await next();
  // Only the mailbox's own refusal: the ones above are the same work for whatever mailbox, and wake none.
  if (c.error instanceof ProblemError && c.error.code === "not-authorized") await nextBeat(came);
});

/** The two kinds have different lengths: a text has the form of one of them at most. */
async function verifyPass(env: Env, address: string, text: string): Promise<Pass | undefined> {
  const token = await verifyDeliveryToken(env, address, text);
  return token?.epoch ?? verifyIntroduction(env, address, text, Date.now());
}
