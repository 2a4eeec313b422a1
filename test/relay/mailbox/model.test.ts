/** Random schedules beside the specification. VITE_MODEL_RUNS in the environment raises the number of schedules. */
import fc from "fast-check";
import { it } from "vitest";
import { follow, withSmallLimits } from "./following.ts";
import { schedule } from "./schedules.ts";

const { env } = import.meta as ImportMeta & { env: Record<string, string | undefined> };
const RUNS = Number(env.VITE_MODEL_RUNS ?? 80);

withSmallLimits();

it(`a mailbox does what its specification says, on ${RUNS} random schedules`, {
  timeout: 600_000,
}, async () => {
  await fc.assert(fc.asyncProperty(schedule, follow), {
    numRuns: RUNS,
    endOnFailure: false,
    verbose: 1,
  });
});
