/**
 * Deposits that came in one frame for one mailbox: each is checked as its own HTTP request would be, and what passes
 * goes to the mailbox in one call.
 */
import type { NumberedAnswer, NumberedDeposit } from "../../protocol/deposit-frames.ts";
import { problem } from "../../protocol/problems.ts";
import { ceilingSeconds } from "../consent/retention.ts";
import { requireEnvelope } from "../edge/body.ts";
import { problemOf } from "../edge/failure.ts";
import { orProblem, stateAnswer } from "../edge/outcome.ts";
import { type ProblemError, retryAfterOf } from "../edge/problem.ts";
import type { Spend } from "../edge/rate.ts";
import { openRecipient } from "../edge/recipient.ts";
import { grantTtl } from "../edge/ttl.ts";
import type { DepositItem, MailboxCalls } from "../mailbox/calls.ts";

interface Admitted {
  readonly number: number;
  readonly mailbox: MailboxCalls;
  readonly deposit: DepositItem;
}

interface Checked {
  readonly admitted: readonly Admitted[];
  readonly refused: readonly NumberedAnswer[];
}

/**
 * @param items of one frame, to one address, in the order they came in
 * @param spend counts one more request of the client's
 * @returns one answer for each; never rejects
 */
export async function depositTogether(
  env: Env,
  items: readonly NumberedDeposit[],
  spend: Spend,
): Promise<NumberedAnswer[]> {
  const { admitted, refused } = await check(env, items, spend);
  return [...refused, ...(await hand(admitted))];
}

/**
 * What is refused for a passing reason stops what comes behind it: it would otherwise come in before what was sent
 * before it, once that is repeated.
 */
async function check(env: Env, items: readonly NumberedDeposit[], spend: Spend): Promise<Checked> {
  const admitted: Admitted[] = [];
  const refused: NumberedAnswer[] = [];
  // A MAC and the name of a rate's counter are computed once for all that one token opens.
  const opened = new Map<string, ReturnType<typeof openRecipient>>();
  const open = (address: string, bearer: string) => {
    const known = opened.get(bearer) ?? openRecipient(env, address, bearer);
    opened.set(bearer, known);
    return known;
  };
  let stopped: ProblemError | undefined;
  for (const { number, address, bearer, ttlSeconds, key, envelope } of items) {
    try {
      if (stopped !== undefined) throw stopped;
      await spend();
      const { recipient, spend: spendMailbox } = await open(address, bearer);
      await spendMailbox();
      const ttl = grantTtl(ttlSeconds, ceilingSeconds(env));
      requireEnvelope(envelope);
      const { mailbox, pass } = recipient;
      admitted.push({ number, mailbox, deposit: { pass, envelope, ttl, key } });
    } catch (error) {
      const refusal = problemOf(error);
      if (isPassing(refusal)) stopped = refusal;
      refused.push(refusalAnswer(number, refusal));
    }
  }
  return { admitted, refused };
}

async function hand(admitted: readonly Admitted[]): Promise<NumberedAnswer[]> {
  const [first] = admitted;
  if (first === undefined) return [];
  try {
    const outcomes = await first.mailbox.depositMany(admitted.map(({ deposit }) => deposit));
    return admitted.map(({ number }, i) => answerOf(number, outcomes[i] ?? { outcome: "unavailable" }));
  } catch (error) {
    const refusal = problemOf(error);
    return admitted.map(({ number }) => refusalAnswer(number, refusal));
  }
}

type Outcome = Awaited<ReturnType<MailboxCalls["depositMany"]>>[number];

function answerOf(number: number, outcome: Outcome): NumberedAnswer {
  try {
    return { number, result: stateAnswer(orProblem(outcome)) };
  } catch (error) {
    return refusalAnswer(number, problemOf(error));
  }
}

function refusalAnswer(number: number, refusal: ProblemError): NumberedAnswer {
  const { code } = refusal;
  const retryAfterSeconds = retryAfterOf(refusal);
  const retry = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { number, result: { status: problem(code).status, code, ...retry } };
}

/** Whether the same item may be taken a moment later. */
function isPassing({ code }: ProblemError): boolean {
  return code === "rate-limited" || problem(code).status >= 500;
}
