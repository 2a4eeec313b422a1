/**
 * Exactly one channel, whatever happens on the way. VITE_FALLBACK_RUNS raises the number of runs; a failing one
 * names its seed and path (fast-check).
 */
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Chance, useChance } from "../../interleavings/seeded.ts";
import { anyFate, Correspondence, prepare, type SmsFate, type Stage, TEXT } from "./correspondence.ts";

const { env } = import.meta as ImportMeta & { env: Record<string, string | undefined> };
const RUNS = Number(env.VITE_FALLBACK_RUNS ?? 200);
const SMS_AFTER = 15_000;

type Step =
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "read"; readonly device: number; readonly race: boolean }
  | { readonly do: "run"; readonly death: number }
  | { readonly do: "restart" | "catch-up" | "relay-down" | "relay-up" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      ms: fc.constantFrom(500, 5000, 15_001, 130_000),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("read" as const), device: fc.nat(1), race: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("run" as const), death: fc.nat(24) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("restart", "catch-up", "relay-down", "relay-up") }),
  },
);

/** 0 to 12: dies there, 1 before and 2 after it took effect and so on; above: lives. */
function momentOf(death: number) {
  return death > 12 ? undefined : { at: 1 + Math.floor(death / 2), after: death % 2 === 1 };
}

/** What must not be, after everything has settled. */
function untruths(world: Correspondence): string[] {
  const { sms, arrived, fallback, told } = world;
  const wrong: string[] = [];
  if (sms.length > 1) wrong.push(`${sms.length} SMS`);
  if (sms.length > 0 && arrived) wrong.push("both ways");
  const state = fallback?.state ?? "never begun";
  const isTold = told.some((each) => each.state === "undecided" && each.advice !== undefined);
  if (sms.length === 0 && !arrived && state !== "never begun" && !isTold)
    wrong.push(`neither way, and told ${state}`);
  if (state === "sms" && sms.length === 0) wrong.push("called sent by SMS, and was not");
  if (state === "delivered" && !arrived) wrong.push("called delivered, and was not");
  if (state === "revoked" && (arrived || sms.length > 0)) wrong.push("called revoked, and was not");
  if (["looking", "waiting", "revoking", "handing-over"].includes(state)) wrong.push(`still ${state}`);
  for (const texts of world.handed) if (texts.length > 1) wrong.push("handed over twice");
  return wrong;
}

describe("a text that may fall back to SMS", () => {
  const stages: Stage[] = [];
  beforeAll(async () => {
    stages.push(await prepare(1), await prepare(2));
  });
  afterEach(() => vi.restoreAllMocks());

  async function play(
    devices: number,
    seed: number,
    trouble: number,
    sms: SmsFate,
    death: number,
    steps: Step[],
  ) {
    const chance = new Chance("play", seed);
    useChance(chance);
    const world = await Correspondence.from(stages[devices] as Stage);
    world.fates = () => anyFate(chance, trouble);
    world.smsFate = sms;
    await world.send(SMS_AFTER, momentOf(death));
    for (const each of steps) {
      if (each.do === "pass") world.pass(each.ms);
      else if (each.do === "read") await world.read(each.device, each.race ? SMS_AFTER : undefined);
      else if (each.do === "run") await world.run(momentOf(each.death));
      else if (each.do === "restart") world.restart();
      else if (each.do === "catch-up") await world.catchUp();
      else world.isUp = each.do === "relay-up";
    }
    await world.settle();
    expect(untruths(world)).toEqual([]);
    return world;
  }

  it("goes one way and not the other, and neither way only when that is told", async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1),
        fc.nat(2 ** 32 - 1),
        fc.constantFrom(0, 0.15, 0.5),
        fc.constantFrom<SmsFate>("sends", "sends", "fails", "dies-before", "dies-after"),
        fc.nat(40),
        fc.array(step, { minLength: 3, maxLength: 16, size: "max" }),
        async (...args) => {
          const { fallback } = await play(...args);
          const end =
            fallback === undefined ? "never begun" : `${fallback.state} ${fallback.reason ?? ""}`.trim();
          ends.set(end, (ends.get(end) ?? 0) + 1);
        },
      ),
      { numRuns: RUNS, unbiased: true, endOnFailure: env.VITE_FALLBACK_SHRINK === undefined },
    );
    // Chance that comes to one end only would show nothing.
    for (const end of ["delivered", "sms", "undecided interrupted", "undecided hook-failed"])
      expect([...ends.keys()], JSON.stringify([...ends])).toContain(end);
  }, 120_000);

  it("goes by IP to both devices when one has it in time, and by SMS to none", async () => {
    const world = await Correspondence.from(stages[1] as Stage);
    await world.send(SMS_AFTER);
    expect(world.fallback?.state).toBe("waiting");
    await world.read(1);
    world.pass(SMS_AFTER);
    await world.settle();
    expect([world.fallback?.state, world.sms, world.handed]).toEqual(["delivered", [], [[TEXT], [TEXT]]]);
  });

  it("goes by SMS, with the proof of each mailbox, when nobody has it in time", async () => {
    const world = await Correspondence.from(stages[1] as Stage);
    await world.send(SMS_AFTER);
    world.pass(SMS_AFTER - 1);
    await world.run();
    expect([world.fallback?.state, world.sms]).toEqual(["waiting", []]);
    world.pass(1);
    await world.run();
    expect([world.fallback?.state, world.sms]).toEqual(["sms", [TEXT]]);
    await world.settle();
    expect(world.handed).toEqual([[], []]);
  });
});
