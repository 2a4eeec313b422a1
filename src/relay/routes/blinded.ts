/** What calls for blinded evaluations have in common: their body, who may make them, and what is answered. */
import * as v from "valibot";
import type { EvaluationsAnswer } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { decodeElement } from "../../protocol/voprf.ts";
import { materialSince } from "../consent/notice.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { liveNumberHash, verifiedNumberOf } from "../numbers/verified-number.ts";
import { evaluateBatch } from "../voprf/evaluation.ts";
import type { VoprfKey } from "../voprf/keys.ts";
import { grantedPurpose } from "./granted-purpose.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

interface Blinded {
  /** Of the number for which they are counted. */
  readonly numberHash: string;
  readonly key: VoprfKey;
  readonly elements: readonly Uint8Array[];
}

/**
 * Reads a call for evaluations. A replay ends at the mailbox, before D1 is asked and any point is decoded.
 *
 * @param most elements
 * @param keyOf the key of a version, if it is in use
 * @throws ProblemError
 */
export async function readBlinded(
  c: RelayContext,
  most: number,
  keyOf: (env: Env, version: number) => VoprfKey | undefined,
): Promise<Blinded> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const { version, elements } = parseJson(c.var.device.body, requestOf(most));
  orProblem(await ownMailbox(c).useNonce(c.var.nonce));
  const numberHash = await numberHashOf(c);
  const key = keyOf(c.env, version);
  if (key === undefined) throw new ProblemError("no-bucket");
  return { numberHash, key, elements: elements.map(readElement) };
}

/** Evaluates what was paid for. */
export function answerBlinded(c: RelayContext, { key, elements }: Blinded): Response {
  const { evaluations, proof } = evaluateBatch(key, elements);
  return c.json({
    evaluations: evaluations.map(encodeBase64url),
    proof: encodeBase64url(proof),
  } satisfies EvaluationsAnswer);
}

function requestOf(most: number) {
  return v.object({
    version: v.pipe(v.number(), v.safeInteger()),
    elements: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(most)),
  });
}

/** One query for whoever may; what is missing is looked for only when something is. */
async function numberHashOf(c: RelayContext): Promise<string> {
  const live = await liveNumberHash(ownRecords(c), c.var.device.address.text, materialSince());
  if (live !== undefined) return live;
  const number = await verifiedNumberOf(ownRecords(c), await grantedPurpose(c, "number"));
  if (number === undefined) throw new ProblemError("number-not-verified");
  return number.numberHash;
}

function readElement(text: string): Uint8Array {
  const element = decodeElement(text);
  if (element === undefined) throw new ProblemError("malformed-element");
  return element;
}
