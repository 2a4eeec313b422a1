/**
 * Random schedules on two to four devices of two or three people, and those that failed once. VITE_INTERLEAVINGS_RUNS
 * raises the number of random ones; a failing one names its seed and path, which VITE_INTERLEAVINGS_SEED and
 * VITE_INTERLEAVINGS_PATH run again, and VITE_INTERLEAVINGS_SHRINK makes small.
 */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type * as Pending from "../../src/client/linking/pending.ts";
import type { VaultReader } from "../../src/client/vault/vault.ts";
import { FAILED_ONCE } from "./failed-once.ts";
import { LAYOUTS, play } from "./playing.ts";
import { type Step, withLoss, withoutLoss } from "./schedule.ts";

vi.mock("@noble/curves/ed25519.js", async (original) => {
  const { withNativeCurves } = await import("./native-curves.ts");
  return withNativeCurves(await original());
});

// Schedules let hours pass in the middle of a linking. That a yes lasts 15 minutes is shown in
// test/client/linking/joining.test.ts; here it would list devices that never agreed, of whom the truth knows nothing.
vi.mock("../../src/client/linking/pending.ts", async (original) => {
  const pending = await original<typeof Pending>();
  return {
    ...pending,
    linkSecret: (reader: VaultReader) => pending.linkSecret(reader, 0),
    isApproved: (reader: VaultReader, device: string) => pending.isApproved(reader, device, 0),
    isJoining: (reader: VaultReader, person: string) => pending.isJoining(reader, person, 0),
    sweepLinkings: () => undefined,
  };
});

const { env } = import.meta as ImportMeta & { env: Record<string, string | undefined> };
/** Each takes a quarter of a second: as many as a normal run can bear. */
const RUNS = Number(env.VITE_INTERLEAVINGS_RUNS ?? 15);
/** A normal run plays the same ones each time: who changes something else must not pay for a new find. */
const SEED = env.VITE_INTERLEAVINGS_RUNS === undefined ? 20261125 : undefined;
const AGAIN = {
  ...(SEED === undefined ? {} : { seed: SEED }),
  ...(env.VITE_INTERLEAVINGS_SEED === undefined ? {} : { seed: Number(env.VITE_INTERLEAVINGS_SEED) }),
  ...(env.VITE_INTERLEAVINGS_PATH === undefined ? {} : { path: env.VITE_INTERLEAVINGS_PATH }),
  // To make it small takes minutes.
  endOnFailure: env.VITE_INTERLEAVINGS_SHRINK === undefined,
};
const HOUR = 3_600_000;

describe("whatever happens, in whatever order", () => {
  const schedule = (step: fc.Arbitrary<Step>) =>
    fc.asyncProperty(
      fc.nat(LAYOUTS.length - 1),
      fc.nat(2 ** 32 - 1),
      fc.array(step, { minLength: 16, maxLength: 48, size: "max" }),
      async (layout, seed, steps) => {
        expect(await play(layout, seed, steps)).toEqual([]);
      },
    );

  it(
    "each text opens once on every device that should have it, and on no other",
    async () => {
      await fc.assert(schedule(withoutLoss), { numRuns: RUNS, unbiased: true, ...AGAIN });
    },
    HOUR,
  );

  it(
    "and if something is lost on the way, its author is told",
    async () => {
      await fc.assert(schedule(withLoss), { numRuns: RUNS, unbiased: true, ...AGAIN });
    },
    HOUR,
  );

  it.each(FAILED_ONCE)(
    "also if $name",
    async ({ layout, seed, steps }) => {
      expect(await play(layout, seed, steps)).toEqual([]);
    },
    60_000,
  );
});
