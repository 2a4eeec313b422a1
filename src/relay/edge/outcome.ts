/** From what a mailbox, a budget or a verification answers to what its caller is told. */
import type { DepositAnswer } from "../../protocol/answers.ts";
import type { ProblemCode } from "../../protocol/problem-codes.ts";
import { ProblemError } from "./problem.ts";

const REFUSALS = {
  "not-authorized": "not-authorized",
  full: "mailbox-full",
  unavailable: "unavailable",
  "no-consent": "no-consent",
  "nonce-used": "nonce-used",
  "notice-superseded": "notice-superseded",
  withdrawing: "withdrawal-in-progress",
  "no-deposit": "no-deposit",
  "already-delivered": "already-delivered",
  "no-one-time-key": "no-one-time-key",
  "claim-limit": "claim-limit",
  "budget-spent": "budget-spent",
  "resend-too-soon": "resend-too-soon",
  "code-wrong": "code-wrong",
  "no-verification": "no-verification",
  "purpose-not-granted": "purpose-not-granted",
} as const satisfies Record<string, ProblemCode>;

type Refusal = { readonly outcome: keyof typeof REFUSALS; readonly retryAfterSeconds?: number };

/** @throws ProblemError when it refused */
export function orProblem<Result extends { readonly outcome: string }>(
  result: Result,
): Exclude<Result, Refusal> {
  if (isRefusal(result)) throw new ProblemError(REFUSALS[result.outcome], result.retryAfterSeconds);
  return result as Exclude<Result, Refusal>;
}

/** What its sender is told of a deposit that was not refused. */
export function stateAnswer(
  deposit:
    | { readonly outcome: Exclude<DepositAnswer["state"], "held"> }
    | { readonly outcome: "held"; readonly heldUntil: number },
): DepositAnswer {
  if (deposit.outcome === "held") return { state: "held", heldUntil: deposit.heldUntil };
  return { state: deposit.outcome };
}

function isRefusal(result: { readonly outcome: string }): result is Refusal {
  return Object.hasOwn(REFUSALS, result.outcome);
}
