/** Blinded look-ups: counted for the number that the device has verified, and never seen. */
import { MAX_EVALUATIONS } from "../../protocol/limits.ts";
import { spendLookUps } from "../budgets/spending.ts";
import { directoryKey } from "../directory/keys.ts";
import type { RelayContext } from "../edge/context.ts";
import { orProblem } from "../edge/outcome.ts";
import { answerBlinded, readBlinded } from "./blinded.ts";
import { requireDirectory } from "./directory.ts";

export async function postEvaluations(c: RelayContext): Promise<Response> {
  requireDirectory(c);
  const blinded = await readBlinded(c, MAX_EVALUATIONS, directoryKey);
  orProblem(await spendLookUps(c.env, blinded.numberHash, blinded.elements.length, Date.now()));
  return answerBlinded(c, blinded);
}
