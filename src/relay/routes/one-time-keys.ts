/** Keys to found channels on: published by the device, claimed by its contacts, and once each by strangers. */
import * as v from "valibot";
import type { PoolReplacedAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { KEY_EXPIRES_AHEAD, MAX_ONE_TIME_KEYS } from "../../protocol/limits.ts";
import { keyId, type OneTimeKey, oneTimeKeyFromJson, oneTimeKeyToJson } from "../../protocol/one-time-key.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { ownMailbox } from "./own-mailbox.ts";

const POOL = v.object({ keys: v.pipe(v.array(v.unknown()), v.maxLength(MAX_ONE_TIME_KEYS)) });

/** The signatures are not checked here: those who claim must check them anyway, and trust no relay's word. */
export async function putOneTimeKeys(c: RelayContext): Promise<Response> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const keys = parseJson(c.var.device.body, POOL).keys.map(readKey);
  const distinct = new Set(keys.map(({ publicKey }) => encodeBase64url(keyId(publicKey))));
  const latest = Date.now() + KEY_EXPIRES_AHEAD;
  if (distinct.size !== keys.length || keys.some(({ expires }) => expires > latest))
    throw new ProblemError("malformed-request");
  const { unclaimed } = orProblem(await ownMailbox(c).replaceOneTimeKeys(c.var.nonce, keys));
  return c.json({ unclaimed: unclaimed.map(encodeBase64url) } satisfies PoolReplacedAnswer);
}

export async function postKeyClaim(c: RelayContext): Promise<Response> {
  const { mailbox, pass } = c.var.recipient;
  return c.json(oneTimeKeyToJson(orProblem(await mailbox.claimOneTimeKey(pass)).key));
}

function readKey(json: unknown): OneTimeKey {
  const key = oneTimeKeyFromJson(json);
  if (key === undefined) throw new ProblemError("malformed-request");
  return key;
}
