import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runNode } from "../scenario/run-node.ts";
import { MUTANTS } from "./mutants.ts";
import { withMutant } from "./mutate.ts";
import type { Robbed } from "./robbery.ts";

const RUN_STORY = fileURLToPath(new URL("run-story.ts", import.meta.url));

/** What a thief first finds of what must be closed, when the SDK in `root` is in the story. */
async function robbed(story: string, root: string): Promise<Robbed | null> {
  const { code, stdout, stderr } = await runNode(RUN_STORY, [story, root]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

describe.concurrent("a device that", () => {
  it.each(MUTANTS)(
    "$name is robbed",
    async (mutant) => {
      const found = await withMutant(mutant, (root) => robbed(mutant.story, root));
      expect(found).toMatchObject({ way: mutant.way });
    },
    120_000,
  );
});
