/**
 * Rate limits by the Workers binding. Counters are keyed by a keyed hash, so that the limiter's storage, which
 * is not ours, holds neither an internet address nor a mailbox's.
 */
import { createMiddleware } from "hono/factory";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { encodeUtf8 } from "../../protocol/utf8.ts";
import { currentSecret } from "../secrets/derived.ts";
import { hmac } from "../secrets/hmac.ts";
import type { RelayContext, RelayEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";

/** Counts one more request. @throws ProblemError `rate-limited` */
export type Spend = () => Promise<void>;

/** Before anything else: per client address, which the platform sets and no client can. */
export const clientRate = createMiddleware<RelayEnv>(async (c, next) => {
  const spend = await clientShare(c);
  await spend();
  await next();
});

/** The caller's share of {@link clientRate}, for what counts more than once in one connection. */
export function clientShare({ env, req }: RelayContext): Promise<Spend> {
  return share(env, env.CLIENT_RATE, `client ${req.header("cf-connecting-ip") ?? ""}`);
}

/**
 * Per mailbox and what opens it, after that has been proven: a stranger must not be able to use up a contact's
 * share. Nor must a former contact, whose token still has a genuine MAC, or whoever has a withdrawal of an ended
 * consent; and whether they are refused early must not tell them that others come here.
 *
 * @param opens random octets: a token's epoch, an introduction's nonce, or the id of the consent that a statement withdraws
 */
export function mailboxShare(env: Env, address: string, opens: Uint8Array): Promise<Spend> {
  return share(env, env.MAILBOX_RATE, `mailbox ${address} ${encodeBase64url(opens)}`);
}

async function share(env: Env, limiter: RateLimit, name: string): Promise<Spend> {
  const hash = await hmac(currentSecret(env, "rate-limit"), encodeUtf8(name));
  const key = encodeBase64url(hash);
  return async () => {
    const { success } = await limiter.limit({ key });
    if (!success) throw new ProblemError("rate-limited");
  };
}
