/** A withdrawal that a device left behind, handed in by whoever has it. */
import * as v from "valibot";
import type { ReceiptAnswer } from "../../protocol/answers.ts";
import { decodeBase64url } from "../../protocol/base64url.ts";
import { MAX_JSON_BYTES } from "../../protocol/limits.ts";
import { readWithdrawal } from "../consent/signed-withdrawal.ts";
import { withdrawByStatement } from "../consent/withdrawal.ts";
import { JSON_TYPE, parseJson, readBody, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { mailboxShare } from "../edge/rate.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { verifyEd25519 } from "../secrets/ed25519.ts";

const WITHDRAWAL = v.object({ statement: v.string(), signature: v.string() });

export async function postWithdrawal(c: RelayContext): Promise<Response> {
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const sent = parseJson(await readBody(c.req.raw, MAX_JSON_BYTES), WITHDRAWAL);
  const withdrawal = await readWithdrawal(sent, verifyEd25519);
  if (withdrawal === undefined) throw new ProblemError("withdrawal-invalid");
  const { address, consentId } = withdrawal;
  const mailbox = mailboxOf(c.env, address);
  if (mailbox === undefined) throw new ProblemError("no-consent");
  const spend = await mailboxShare(c.env, address.text, decodeBase64url(consentId) ?? new Uint8Array());
  await spend();
  const ended = await withdrawByStatement(c.env, mailbox, { address: address.text, consentId }, Date.now());
  return c.json({ receipt: orProblem(ended).receipt } satisfies ReceiptAnswer);
}
