/**
 * Random lives of a consent, with crashes between any two steps and others' steps in between: nothing is accepted or
 * served that no live consent covers, and what has ended is gone from storage. VITE_LIFE_RUNS in the environment raises
 * the number of lives.
 */
import fc from "fast-check";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Purpose } from "../../../src/protocol/consent-statement.ts";
import { atMoment, type Between, Crash } from "./interrupted.ts";
import { Life } from "./life.ts";
import { publish, rollBack, rollBackAll } from "./publishing.ts";

const { env } = import.meta as ImportMeta & { env: Record<string, string | undefined> };
const RUNS = Number(env.VITE_LIFE_RUNS ?? 40);

/** What the Worker does in several steps. */
type Saga =
  | { do: "grant"; purposes: Purpose[] }
  | { do: "withdraw" }
  | { do: "hand in"; which: "first" | "last" };
/** At one moment of it something else happens, and perhaps nothing after that. */
type Cut = { at: number; meanwhile: Saga | "alarm" | "nothing"; crash: boolean };
type Step =
  | { do: "saga"; saga: Saga; cut: Cut | null; failing: "records" | "erasing" | null }
  | { do: "list" | "alarm" | "evict" | "lapse" | "roll back" | "a minute" }
  | { do: "publish"; material: boolean };

const grant = (...purposes: Purpose[]): Saga => ({ do: "grant", purposes: ["messaging", ...purposes] });
const whole = (saga: Saga): Step => ({ do: "saga", saga, cut: null, failing: null });
const cut = (saga: Saga, at: number, meanwhile: Cut["meanwhile"], crash: boolean): Step => ({
  ...{ do: "saga", saga, failing: null },
  cut: { at, meanwhile, crash },
});

/** Lives that went wrong once, and those that a rule is needed for which few lives come by. */
const EXAMPLES: [Step[]][] = [
  // A renewal of a grant whose mailbox had never opened: its purposes and notice were not taken over.
  [[cut(grant(), 8, "nothing", true), { do: "publish", material: true }, whole(grant("discovery"))]],
  [[cut(grant("discovery"), 8, "nothing", true), whole(grant())]],
  // Agreed anew while suspended, and the mailbox has not heard of it.
  [[whole(grant()), { do: "publish", material: true }, cut(grant(), 11, "nothing", true), whole(grant())]],
  // A wider renewal came in between a narrower one's steps, which then took its place in D1 only.
  [[whole(grant("discovery")), cut(grant(), 7, grant("discovery"), false)]],
  // Listed, then suspended: not served.
  [[whole(grant("number", "discovery")), { do: "list" }, { do: "publish", material: true }]],
  // Strangers could begin, and may not any more.
  [[whole(grant("discovery")), whole(grant())]],
  // Withdrawn before a renewal opened the mailbox that it missed: it came back without a consent.
  [[cut(grant(), 8, "nothing", true), cut(grant(), 6, { do: "withdraw" }, false)]],
];

/** Calls of the longest saga, each with a moment before it and one after. */
const MOMENTS = 22;

const SAGA: fc.Arbitrary<Saga> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .subarray<Purpose>(["number", "discovery"])
      .map((purposes): Saga => ({ do: "grant", purposes: ["messaging", ...purposes] })),
  },
  { weight: 3, arbitrary: fc.constant<Saga>({ do: "withdraw" }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("first" as const, "last" as const)
      .map((which): Saga => ({ do: "hand in", which })),
  },
);
const CUT: fc.Arbitrary<Cut> = fc.record({
  at: fc.nat(MOMENTS),
  meanwhile: fc.oneof(
    { weight: 2, arbitrary: SAGA },
    { weight: 1, arbitrary: fc.constantFrom("alarm" as const, "nothing" as const) },
  ),
  crash: fc.boolean(),
});
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("saga" as const),
      saga: SAGA,
      cut: fc.option(CUT, { freq: 3 }),
      failing: fc.option(fc.constantFrom("records" as const, "erasing" as const), { freq: 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("list", "alarm", "evict", "lapse", "roll back", "a minute")
      .map((name) => ({ do: name }) as Step),
  },
  { weight: 1, arbitrary: fc.boolean().map((material): Step => ({ do: "publish", material })) },
);

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  rollBackAll();
});

function begin(life: Life, saga: Saga, between?: Between): Promise<unknown> {
  if (saga.do === "grant") return life.grant(saga.purposes, between);
  return saga.do === "withdraw" ? life.withdraw(between) : life.handIn(saga.which, between);
}

async function interrupt(life: Life, { meanwhile, crash }: Cut): Promise<void> {
  if (meanwhile === "alarm") await life.alarm();
  else if (meanwhile !== "nothing") await begin(life, meanwhile);
  // What others see of the Worker when it is half-way.
  await life.check();
  if (crash) throw new Crash();
}

/** What nothing came in between of does what was asked. */
async function undisturbed(life: Life, saga: Saga): Promise<void> {
  const before = await life.found();
  if (saga.do === "grant") {
    const granted = await life.grant(saga.purposes);
    if (before.mailbox === "withdrawing") {
      expect(granted).toEqual({ outcome: "refused", code: "withdrawal-in-progress" });
      return;
    }
    expect(granted.outcome).toBe("granted");
    expect((await life.record())?.purposes).toEqual(saga.purposes);
    expect(await life.takesMail()).toBe(true);
  } else if (saga.do === "withdraw") {
    const nothing = before.record === undefined && before.mailbox === "absent";
    expect((await life.withdraw()).outcome).toBe(nothing ? "no-consent" : "withdrawn");
    expect(await life.found()).toEqual({ record: undefined, mailbox: "absent" });
  } else {
    const ended = await life.handIn(saga.which);
    if (ended === undefined) return;
    expect(["withdrawn", "no-consent"]).toContain(ended.outcome);
    if (saga.which === "last") expect((await life.record())?.consentId).not.toBe(life.lastConsent);
  }
}

async function take(life: Life, step: Step): Promise<unknown> {
  switch (step.do) {
    case "list":
      return life.list();
    case "alarm":
      return life.alarm();
    case "evict":
      return life.evict();
    case "lapse":
      return life.lapse();
    case "a minute":
      life.pass(60_000);
      return life.alarm();
    case "publish":
      return publish(step.material);
    case "roll back":
      return rollBack();
    case "saga": {
      const { saga, cut, failing } = step;
      if (cut === null && failing === null) return undisturbed(life, saga);
      const mend = failing === null ? undefined : await life.fail(failing);
      const between = cut === null ? undefined : atMoment(cut.at, () => interrupt(life, cut));
      try {
        return await begin(life, saga, between);
      } catch (error) {
        // D1 that takes no end fails a grant that has to make one, too.
        if (!(error instanceof Crash) && failing !== "records") throw error;
      } finally {
        await mend?.();
      }
    }
  }
}

it("nothing is accepted or served without a live consent that covers it, whatever happens", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 3, maxLength: 12 }), async (steps) => {
      rollBackAll();
      const life = new Life();
      await life.check();
      for (const step of steps) {
        await take(life, step);
        await life.check();
      }
      await life.end();
    }),
    // The examples count as runs.
    { numRuns: EXAMPLES.length + RUNS, examples: EXAMPLES },
  );
}, 3_600_000);
