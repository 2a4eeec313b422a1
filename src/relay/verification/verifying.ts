/**
 * A verification from end to end. The number is in hand only here, on its way to the sender: the object is asked first
 * and told afterwards, and knows it by a keyed hash.
 */
import type { Address } from "../../protocol/address.ts";
import { NUMBER_PROOF_LIFE } from "../../protocol/limits.ts";
import { roundedRetry } from "../budgets/bucket.ts";
import { spendCode } from "../budgets/spending.ts";
import { recordsOf } from "../consent/jurisdictions.ts";
import { numberHash } from "../numbers/hash.ts";
import type { TelephoneNumber } from "../numbers/number.ts";
import { sealNumberProof } from "../numbers/proof.ts";
import { recordVerifiedNumber } from "../numbers/verified-number.ts";
import { codeHash, newCode, newVerificationId, objectName } from "./code.ts";
import type { OneTimeCodeCalls } from "./one-time-code.ts";
import { chosenSender, requireSenderHere } from "./senders/chosen.ts";
import { type CodeSender, reportFailure } from "./senders/sender.ts";
import { oneTimeCodeOf } from "./stub.ts";
import type { Code } from "./verification.ts";

type Refused =
  | { readonly outcome: "no-consent" | "unavailable" }
  | { readonly outcome: "budget-spent"; readonly retryAfterSeconds: number };

export type StartOutcome =
  | { readonly outcome: "started"; readonly id: string; readonly resendAt: number; readonly expires: number }
  | { readonly outcome: "resend-too-soon"; readonly retryAfterSeconds: number }
  | Refused;

export type AnswerOutcome =
  | { readonly outcome: "verified"; readonly proof: string; readonly expires: number }
  | { readonly outcome: "code-wrong" | "no-verification" | "purpose-not-granted" }
  | Refused;

interface Request {
  readonly address: Address;
  readonly number: TelephoneNumber;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Sends a code. Budgets are asked after the object, so that a call which comes too soon spends nothing; and the sender
 * after both, so that nothing is sent that was not paid for.
 *
 * @param request.clientAddress of whoever asks, as the platform names it
 * @param request.hostname by which the relay was reached
 */
export async function startVerification(
  env: Env,
  request: Request & { readonly clientAddress: string; readonly hostname: string },
): Promise<StartOutcome> {
  const { number, now } = request;
  if (!isSenderHere(env, request.hostname)) return { outcome: "unavailable" };
  const sender = chosenSender(env);
  const object = oneTimeCodeOf(env, request.address, await objectName(env, number));
  if (object === undefined) return { outcome: "no-consent" };
  const address = request.address.text;
  const begun = await object.begin({ id: newVerificationId(), address, now });
  if (begun.outcome !== "begun") return refusal(begun, now);
  const to = { numberHash: await numberHash(env, number), clientAddress: request.clientAddress };
  const spent = await spendCode(env, to, now);
  if (spent.outcome !== "spent") {
    await object.abandoned({ address, now });
    return spent;
  }
  const { id } = begun;
  const code = await send(env, sender, id, number);
  const { resendAt, expires } = await object.sent({ id, address, code: code ?? null, now });
  return code === undefined ? { outcome: "unavailable" } : { outcome: "started", id, resendAt, expires };
}

function isSenderHere(env: Env, hostname: string): boolean {
  try {
    requireSenderHere(env, hostname);
    return true;
  } catch (error) {
    reportFailure(error);
    return false;
  }
}

/** Takes the code that was typed. */
export async function answerVerification(
  env: Env,
  request: Request & { readonly consentId: string; readonly id: string; readonly code: string },
): Promise<AnswerOutcome> {
  const { consentId, id, number, code } = request;
  const object = oneTimeCodeOf(env, request.address, await objectName(env, number));
  if (object === undefined) return { outcome: "no-consent" };
  const asked = { id, address: request.address.text, now: request.now };
  const checked = await check(env, object, { ...asked, hash: await codeHash(env, id, code) }, code);
  if (checked.outcome !== "right") return checked;
  const { verifiedAt } = checked;
  const verified = { consentId, numberHash: await numberHash(env, number), verifiedAt };
  if (!(await recordVerifiedNumber(recordsOf(env, asked.address), verified)))
    return { outcome: "purpose-not-granted" };
  const proof = sealNumberProof(env, asked.address, { number, verifiedAt });
  return { outcome: "verified", proof, expires: verifiedAt + NUMBER_PROOF_LIFE };
}

async function check(
  env: Env,
  object: OneTimeCodeCalls,
  asked: { readonly id: string; readonly address: string; readonly hash: string; readonly now: number },
  code: string,
): Promise<AnswerOutcome | { readonly outcome: "right"; readonly verifiedAt: number }> {
  let answer = await object.attempt(asked);
  if (answer.outcome === "ask") {
    const verdict = await ask(chosenSender(env), answer.reference, code);
    if (verdict === undefined) return { outcome: "unavailable" };
    if (verdict === "gone") await object.gone(asked);
    answer =
      verdict === "right"
        ? await object.approved(asked)
        : { outcome: verdict === "wrong" ? "wrong" : "none" };
  }
  if (answer.outcome === "right") return answer;
  return { outcome: answer.outcome === "wrong" ? "code-wrong" : "no-verification" };
}

/** @returns undefined when the sender failed: it may have sent something, but whatever that is does not count */
async function send(
  env: Env,
  sender: CodeSender,
  id: string,
  number: TelephoneNumber,
): Promise<Code | undefined> {
  const code = newCode();
  try {
    const { reference } = await sender.send(number.text, code);
    return reference === undefined ? { hash: await codeHash(env, id, code) } : { reference };
  } catch (error) {
    reportFailure(error);
    return undefined;
  }
}

/** A sender that does not check codes, chosen since this one was sent, does not know it. */
async function ask({ check }: CodeSender, reference: string, code: string) {
  try {
    return check === undefined ? "gone" : await check(reference, code);
  } catch (error) {
    reportFailure(error);
    return undefined;
  }
}

function refusal(begun: { outcome: "too-soon" | "full"; retryAt: number }, now: number): StartOutcome {
  const seconds = (begun.retryAt - now) / 1000;
  // Another device's verification ends then: to the second, that would say when it began.
  if (begun.outcome === "full") return { outcome: "budget-spent", retryAfterSeconds: roundedRetry(seconds) };
  return { outcome: "resend-too-soon", retryAfterSeconds: Math.max(1, Math.ceil(seconds)) };
}
