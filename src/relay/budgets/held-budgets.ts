import type { HeldTable } from "../../protocol/answers.ts";
import { budgetSubject } from "./spending.ts";

/** What of a number is counted, for the device whose verified number it is. Their rows name no device. */
export async function heldBudgets(env: Env, numberHash: string): Promise<HeldTable[]> {
  const subjects = await Promise.all(
    (["look-ups of a number", "introductions of a number", "codes to a number"] as const).map((kind) =>
      budgetSubject(env, kind, numberHash),
    ),
  );
  const { results } = await env.RECORDS.prepare("SELECT * FROM budget WHERE subject IN (?, ?, ?)")
    .bind(...subjects)
    .all<Record<string, string | number | null>>();
  return results.length === 0 ? [] : [{ table: "budget", rows: results }];
}
