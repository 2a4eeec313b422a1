/** Grant, read and withdraw a consent; its last receipt. */
import * as v from "valibot";
import type { ConsentAnswer, ConsentGrantedAnswer, ReceiptAnswer } from "../../protocol/answers.ts";
import { MAX_ENVELOPE_SIZE } from "../../protocol/envelope.ts";
import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from "../../protocol/limits.ts";
import { grantConsent } from "../consent/grant.ts";
import { findInAny } from "../consent/jurisdictions.ts";
import { offeredPurposes } from "../consent/purposes.ts";
import { consentOf, lastReceipt } from "../consent/records.ts";
import { ceilingSeconds } from "../consent/retention.ts";
import { readStatement } from "../consent/signed-statement.ts";
import { withdrawConsent } from "../consent/withdrawal.ts";
import { JSON_TYPE, parseJson, requireType } from "../edge/body.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { nearest } from "../mailbox/place.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { mintDeliveryToken } from "../secrets/delivery-token.ts";
import { verifyEd25519 } from "../secrets/ed25519.ts";
import { ownMailbox, ownRecords } from "./own-mailbox.ts";

const GRANT = v.object({ statement: v.string(), signature: v.string() });

export async function postConsent(c: RelayContext): Promise<Response> {
  const { address, body } = c.var.device;
  requireType(c.req.header("content-type") ?? null, JSON_TYPE);
  const verdict = await readStatement(
    parseJson(body, GRANT),
    address,
    offeredPurposes(c.env, address.jurisdiction),
    verifyEd25519,
  );
  if (!verdict.ok) throw new ProblemError(verdict.code);
  // Before anything is recorded: a yes to a place that cannot hold the mailbox is no yes to another one.
  const mailbox = mailboxOf(c.env, address, nearest(c.req.raw.cf));
  if (mailbox === undefined) throw new ProblemError("jurisdiction-unavailable");
  const grant = { statement: verdict.statement, nonce: c.var.nonce, now: Date.now() };
  const granted = await grantConsent(c.env, mailbox, grant);
  if (granted.outcome === "refused") throw new ProblemError(granted.code);
  const { record, epoch, first } = granted;
  return c.json(
    {
      consentId: record.consentId,
      receipt: record.receipt,
      deliveryToken: await mintDeliveryToken(c.env, address.text, epoch),
      limits: {
        maxTtlSeconds: ceilingSeconds(c.env),
        maxEnvelopeBytes: MAX_ENVELOPE_SIZE,
        maxMessages: MAX_HELD_MESSAGES,
        maxBytes: MAX_HELD_BYTES,
      },
    } satisfies ConsentGrantedAnswer,
    first ? 201 : 200,
  );
}

export async function getCurrentConsent(c: RelayContext): Promise<Response> {
  const record = await consentOf(ownRecords(c), c.var.device.address.text);
  if (record === undefined) throw new ProblemError("no-consent");
  return c.json({
    consentId: record.consentId,
    address: record.address,
    noticeVersion: record.noticeVersion,
    noticeHash: record.noticeHash,
    purposes: [...record.purposes],
    jurisdiction: record.jurisdiction,
    method: record.method,
    grantedAt: record.grantedAt,
    statement: record.statement,
    signature: record.signature,
  } satisfies ConsentAnswer);
}

export async function deleteCurrentConsent(c: RelayContext): Promise<Response> {
  const ended = await withdrawConsent(c.env, ownMailbox(c), c.var.device.address.text, c.var.nonce);
  const { receipt } = orProblem(ended);
  return c.json({ receipt } satisfies ReceiptAnswer);
}

export async function getReceipt(c: RelayContext): Promise<Response> {
  const [consentId, now] = [c.req.param("consentId") ?? "", Date.now()];
  const receipt = await findInAny(c.env, (records) => lastReceipt(records, consentId, now));
  if (receipt === undefined) throw new ProblemError("no-receipt");
  return c.json({ receipt } satisfies ReceiptAnswer);
}
