import type { HeldTable } from "../../protocol/answers.ts";
import { budgetSubjects, OF_A_NUMBER } from "./spending.ts";

/** What of a number is counted, for the device whose verified number it is. Their rows name no device. */
export async function heldBudgets(env: Env, numberHash: string): Promise<HeldTable[]> {
  const subjects = await Promise.all(OF_A_NUMBER.map((kind) => budgetSubjects(env, kind, numberHash)));
  const { results } = await env.RECORDS.prepare(
    "SELECT * FROM budget WHERE subject IN (SELECT value FROM json_each(?))",
  )
    .bind(JSON.stringify(subjects.flat()))
    .all<Record<string, string | number | null>>();
  return results.length === 0 ? [] : [{ table: "budget", rows: results }];
}
