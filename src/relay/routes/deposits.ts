/** What a sender does with a delivery token or an introduction: deposit, ask, revoke. */
import type { RevokedAnswer } from "../../protocol/answers.ts";
import { decodeBase64url } from "../../protocol/base64url.ts";
import { DEPOSIT_KEY_SIZE } from "../../protocol/deposit-frames.ts";
import { MAX_ENVELOPE_SIZE } from "../../protocol/envelope.ts";
import { ceilingSeconds } from "../consent/retention.ts";
import { OCTETS, readBody, requireEnvelope, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem, stateAnswer } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { readTtl } from "../edge/ttl.ts";
import type { DepositOutcome, RevocableOutcome } from "../mailbox/calls.ts";
import { signRevocationProof } from "../receipts/revocation-proof.ts";

export async function postDeposit(c: RelayContext): Promise<Response> {
  const { mailbox, pass } = c.var.recipient;
  const { envelope, ttl } = await readDeposit(c);
  return depositAnswer(c, await mailbox.deposit(pass, envelope, ttl), ttl);
}

export async function putRevocableDeposit(c: RelayContext): Promise<Response> {
  const { mailbox, pass } = c.var.recipient;
  const key = depositKey(c);
  const { envelope, ttl } = await readDeposit(c);
  return depositAnswer(c, await mailbox.depositRevocable(pass, key, envelope, ttl), ttl);
}

export async function getRevocableDeposit(c: RelayContext): Promise<Response> {
  const { mailbox, pass } = c.var.recipient;
  return c.json(stateAnswer(orProblem(await mailbox.depositState(pass, depositKey(c)))));
}

export async function deleteRevocableDeposit(c: RelayContext): Promise<Response> {
  const { mailbox, pass, address } = c.var.recipient;
  const key = depositKey(c);
  const { revokedAt } = orProblem(await mailbox.revoke(pass, key));
  const proof = await signRevocationProof(c.env, { address: address.text, key, revokedAt });
  return c.json({ state: "revoked", proof } satisfies RevokedAnswer);
}

async function readDeposit(c: RelayContext): Promise<{ envelope: Uint8Array; ttl: number }> {
  requireType(c.req.header("content-type") ?? null, OCTETS);
  const ttl = readTtl(c.req.header("ttl"), ceilingSeconds(c.env));
  const envelope = await readBody(c.req.raw, MAX_ENVELOPE_SIZE);
  requireEnvelope(envelope);
  return { envelope, ttl };
}

function depositKey(c: RelayContext): Uint8Array {
  const key = decodeBase64url(c.req.param("key") ?? "", DEPOSIT_KEY_SIZE);
  if (key === undefined) throw new ProblemError("malformed-key");
  return key;
}

/** Says the TTL that was granted, as RFC 8030 §5.2 asks when it may be less than was asked for. */
function depositAnswer(c: RelayContext, outcome: DepositOutcome | RevocableOutcome, ttl: number): Response {
  const answer = stateAnswer(orProblem(outcome));
  c.header("ttl", String(ttl));
  return c.json(answer, 201);
}
