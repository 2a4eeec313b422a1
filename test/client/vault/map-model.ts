/** A vault beside a plain map, under random runs of the same steps. */
import fc from "fast-check";
import { assertEqual, assertRejects } from "./assert.ts";
import type { Place } from "./place.ts";

const entry = fc.constantFrom("a", "b", "c/1", "c/2", "é", "\ufeff");
const change = fc.record({
  puts: fc.array(fc.tuple(entry, fc.uint8Array({ maxLength: 40 })), { maxLength: 3 }),
  deletes: fc.array(entry, { maxLength: 2 }),
  fails: fc.boolean(),
});

/** @param options.reopens whether to close the vault and open it again between steps, as a medium allows */
export async function assertBehavesAsMap(make: () => Place, options: { reopens: boolean }): Promise<void> {
  const step = fc.oneof(
    change,
    fc.constant("checkpoint" as const),
    ...(options.reopens ? [fc.constant("reopen" as const)] : []),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const place = make();
      let vault = await place.open();
      let model = new Map<string, Uint8Array>();
      for (const next of steps) {
        if (next === "checkpoint") {
          await vault.checkpoint();
          continue;
        }
        if (next === "reopen") {
          await vault.close();
          vault = await place.open();
          assertEqual(new Map(vault.list("")), model);
          continue;
        }
        const changed = new Map(model);
        const ran = vault.transaction((draft) => {
          for (const [at, value] of next.puts) {
            draft.put(at, value);
            changed.set(at, value);
          }
          for (const at of next.deletes) {
            draft.delete(at);
            changed.delete(at);
          }
          if (next.fails) throw new Error("on purpose");
        });
        if (next.fails) await assertRejects(ran, "on purpose");
        else {
          await ran;
          model = changed;
        }
      }
      assertEqual(new Map(vault.list("")), model);
      await vault.close();
    }),
    { numRuns: 25 },
  );
}
