/** Making introductions, blinded: for whoever has shown a number to be theirs, so many of them and no more. */
import * as v from "valibot";
import type { EvaluationsAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { MAX_INTRODUCTIONS_A_CALL } from "../../protocol/limits.ts";
import { decodeElement } from "../../protocol/voprf.ts";
import { spendIntroductions } from "../budgets/spending.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { verifiedNumberOf } from "../numbers/verified-number.ts";
import { introductionKey, introductionKeys } from "../secrets/introduction-keys.ts";
import { evaluateBatch } from "../voprf/evaluation.ts";
import { grantedPurpose } from "./granted-purpose.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

const REQUEST = v.object({
  version: v.pipe(v.number(), v.safeInteger()),
  elements: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_INTRODUCTIONS_A_CALL)),
});

/** The relay learns that somebody makes introductions, and how many; not to whom. */
export async function postIntroductions(c: RelayContext): Promise<Response> {
  if (introductionKeys(c.env).length === 0) throw new ProblemError("no-directory");
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const { version, elements } = parseJson(c.var.device.body, REQUEST);
  const number = await verifiedNumberOf(ownRecords(c), await grantedPurpose(c, "number"));
  if (number === undefined) throw new ProblemError("number-not-verified");
  const key = introductionKey(c.env, version);
  if (key === undefined) throw new ProblemError("no-bucket");
  const blinded = elements.map(readElement);
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  orProblem(await spendIntroductions(c.env, number.numberHash, blinded.length, Date.now()));
  const { evaluations, proof } = evaluateBatch(key, blinded);
  return c.json({
    evaluations: evaluations.map(encodeBase64url),
    proof: encodeBase64url(proof),
  } satisfies EvaluationsAnswer);
}

function readElement(text: string): Uint8Array {
  const element = decodeElement(text);
  if (element === undefined) throw new ProblemError("malformed-element");
  return element;
}
