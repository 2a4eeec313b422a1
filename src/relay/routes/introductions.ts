/** Making introductions, blinded: for whoever has shown a number to be theirs, so many of them and no more. */
import { MAX_INTRODUCTIONS_A_CALL } from "../../protocol/limits.ts";
import { spendIntroductions } from "../budgets/spending.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { ProblemError } from "../edge/problem.ts";
import { introductionKey, introductionKeys } from "../secrets/introduction-keys.ts";
import { answerBlinded, readBlinded } from "./blinded.ts";

/** The relay learns that somebody makes introductions, and how many; not to whom. */
export async function postIntroductions(c: RelayContext): Promise<Response> {
  if (introductionKeys(c.env).length === 0) throw new ProblemError("no-directory");
  const blinded = await readBlinded(c, MAX_INTRODUCTIONS_A_CALL, introductionKey);
  orProblem(await spendIntroductions(c.env, blinded.numberHash, blinded.elements.length, Date.now()));
  return answerBlinded(c, blinded);
}
