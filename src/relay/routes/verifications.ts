/** A device shows that a number is its own: it has a code sent there, and says what arrived. */
import * as v from "valibot";
import type { NumberProofAnswer, VerificationAnswer } from "../../protocol/answers.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { parseNumber, type TelephoneNumber } from "../numbers/number.ts";
import { isServed } from "../verification/served.ts";
import { answerVerification, startVerification } from "../verification/verifying.ts";
import { grantedPurpose } from "./granted-purpose.ts";
import { ownMailbox } from "./own-mailbox.ts";

const START = v.object({ number: v.string() });
/** Ours are six digits; a sender that makes its own may be set to others. */
const ANSWER = v.object({ number: v.string(), code: v.pipe(v.string(), v.regex(/^[0-9A-Za-z]{4,10}$/)) });

export async function postVerification(c: RelayContext): Promise<Response> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const number = readNumber(parseJson(c.var.device.body, START).number);
  await grantedNow(c);
  if (!isServed(c.env, number)) throw new ProblemError("country-not-served");
  const started = await startVerification(c.env, {
    address: c.var.device.address,
    number,
    clientAddress: c.req.header("cf-connecting-ip") ?? "",
    hostname: new URL(c.req.url).hostname,
    now: Date.now(),
  });
  const { id, resendAt, expires } = orProblem(started);
  return c.json({ id, resendAt, expires } satisfies VerificationAnswer, 201);
}

export async function postVerificationCode(c: RelayContext): Promise<Response> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const body = parseJson(c.var.device.body, ANSWER);
  const number = readNumber(body.number);
  const consentId = await grantedNow(c);
  const answered = await answerVerification(c.env, {
    address: c.var.device.address,
    consentId,
    id: c.req.param("id") ?? "",
    number,
    code: body.code,
    now: Date.now(),
  });
  const { proof, expires } = orProblem(answered);
  return c.json({ proof, expires } satisfies NumberProofAnswer);
}

/** A replay ends at the mailbox, before D1 is asked: it must not send a second code, nor try one again. */
async function grantedNow(c: RelayContext): Promise<string> {
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  return grantedPurpose(c, "number");
}

function readNumber(text: string): TelephoneNumber {
  const number = parseNumber(text);
  if (number === undefined) throw new ProblemError("malformed-number");
  return number;
}
