import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { withMutant } from "../faults/mutate.ts";
import { LAYOUT, MUTANTS } from "./mutants.ts";
import { playOn, stageOf } from "./playing.ts";

vi.mock("@noble/curves/ed25519.js", async (original) => {
  const { withNativeCurves } = await import("./native-curves.ts");
  return withNativeCurves(await original());
});

/** What schedules are played with. */
const TESTS = ["interleavings", "lying", "scenario/person.ts"];

it.each(MUTANTS)(
  "a client that $name is found out",
  async (mutant) => {
    const stage = await stageOf(LAYOUT);
    expect(await playOn(stage, 1, mutant.steps), "the client as it is").toEqual([]);
    const wrong = await withMutant(
      mutant,
      async (root) => {
        const mutated: typeof import("./playing.ts") = await import(
          join(root, "test/interleavings/playing.ts")
        );
        // What it begins with is the same, and takes long to make.
        return mutated.playOn(stage, 1, mutant.steps).catch(({ message }) => [message]);
      },
      TESTS,
    );
    expect(wrong).toContainEqual(expect.stringMatching(mutant.found));
  },
  60_000,
);
