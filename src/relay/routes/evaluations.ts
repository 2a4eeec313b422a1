/** Blinded look-ups: counted for the number that the device has verified, and never seen. */
import * as v from "valibot";
import type { EvaluationsAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { MAX_EVALUATIONS } from "../../protocol/limits.ts";
import { decodeElement } from "../../protocol/voprf.ts";
import { spendLookUps } from "../budgets/spending.ts";
import { directoryKey } from "../directory/keys.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { verifiedNumberOf } from "../numbers/verified-number.ts";
import { evaluateBatch } from "../voprf/evaluation.ts";
import { requireDirectory } from "./directory.ts";
import { grantedPurpose } from "./granted-purpose.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

const REQUEST = v.object({
  version: v.pipe(v.number(), v.safeInteger()),
  elements: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_EVALUATIONS)),
});

export async function postEvaluations(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const { version, elements: texts } = parseJson(c.var.device.body, REQUEST);
  const number = await verifiedNumberOf(ownRecords(c), await grantedPurpose(c, "number"));
  if (number === undefined) throw new ProblemError("number-not-verified");
  const key = directoryKey(c.env, version);
  if (key === undefined) throw new ProblemError("no-bucket");
  const elements = texts.map(readElement);
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  orProblem(await spendLookUps(c.env, number.numberHash, elements.length, Date.now()));
  const { evaluations, proof } = evaluateBatch(key, elements);
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
