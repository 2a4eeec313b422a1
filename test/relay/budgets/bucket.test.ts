import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bucket, fullAt, retryAfterSeconds, spend, UNIT } from "../../../src/relay/budgets/bucket.ts";
import { spendAll } from "../../../src/relay/budgets/store.ts";

const DAY = 86_400_000;
const HOUR = DAY / 24;
const START = 1_790_000_000_000;
const LIMIT = { capacity: 5, perDay: 24 };

/** Spends one after the other, each `after` ms behind the one before. */
function spendEach(limit: typeof LIMIT, ...steps: [cost: number, after: number][]): boolean[] {
  let bucket: Bucket | undefined;
  let now = START;
  return steps.map(([cost, after]) => {
    now += after;
    const spending = spend(bucket, cost, limit, now);
    if (spending.spent) bucket = spending.bucket;
    return spending.spent;
  });
}

describe("a bucket", () => {
  it("is full at first, gives as much as it holds and not more", () => {
    expect(spendEach(LIMIT, [3, 0], [3, 0], [2, 0], [1, 0])).toEqual([true, false, true, false]);
    expect(spendEach(LIMIT, [6, 0])).toEqual([false]);
  });

  it("that an operator has set to none says a time to try again all the same", () => {
    expect(retryAfterSeconds(undefined, { capacity: 0, perDay: 0 }, START)).toBe(DAY / 1000);
    expect(spend(undefined, 1, { capacity: 0, perDay: 0 }, START)).toEqual({ spent: false });
  });

  it("refills evenly, to the millisecond, and never above its capacity", () => {
    expect(spendEach(LIMIT, [5, 0], [1, HOUR - 1], [1, 1], [1, 0])).toEqual([true, false, true, false]);
    expect(spendEach(LIMIT, [5, 0], [5, 30 * DAY], [1, 0])).toEqual([true, true, false]);
  });

  it("takes nothing for what it refuses", () => {
    expect(spendEach(LIMIT, [4, 0], [2, 0], [2, 0], [1, 0])).toEqual([true, false, false, true]);
  });

  it("gives nothing for a clock that runs back", () => {
    expect(spendEach(LIMIT, [5, 0], [1, -DAY], [1, DAY], [1, HOUR])).toEqual([true, false, false, true]);
  });

  it("says when one more fits, rounded up to a minute, and when it is full", () => {
    const empty = { level: 0, countedAt: START };
    expect(retryAfterSeconds(empty, LIMIT, START)).toBe(3600);
    expect(retryAfterSeconds(empty, LIMIT, START + 59_001)).toBe(3600);
    expect(retryAfterSeconds(empty, LIMIT, START + 60_000)).toBe(3540);
    expect(retryAfterSeconds({ ...empty, level: UNIT }, LIMIT, START)).toBe(60);
    expect(retryAfterSeconds(undefined, LIMIT, START)).toBe(60);
    expect(fullAt(empty, LIMIT)).toBe(START + 5 * HOUR);
    expect(fullAt(empty, { capacity: 1, perDay: 7 })).toBe(START + Math.ceil(DAY / 7));
  });
});

describe("the store of buckets", () => {
  const stored = (subject: string) =>
    env.RECORDS.prepare("SELECT level, counted_at AS countedAt, purge_after FROM budget WHERE subject = ?")
      .bind(subject)
      .first<Bucket & { purge_after: number }>();

  it("does in the database what a bucket does, for any costs and any steps of time", async () => {
    const step = fc.record({
      cost: fc.integer({ min: 1, max: 8 }),
      after: fc.integer({ min: -HOUR, max: DAY }),
    });
    const limits = fc.record({
      capacity: fc.integer({ min: 1, max: 7 }),
      perDay: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 8 }), async (limit, steps) => {
        const subject = crypto.randomUUID();
        let bucket: Bucket | undefined;
        let now = START;
        for (const { cost, after } of steps) {
          now += after;
          const expected = spend(bucket, cost, limit, now);
          const spent = await spendAll(env.RECORDS, [{ subject, cost, ...limit }], now);
          if (expected.spent) {
            bucket = expected.bucket;
            expect(spent).toEqual({ outcome: "spent" });
            expect(await stored(subject)).toEqual({ ...bucket, purge_after: fullAt(bucket, limit) });
          } else {
            const retryAfter = retryAfterSeconds(bucket, limit, now);
            expect(spent).toEqual({ outcome: "budget-spent", retryAfterSeconds: retryAfter });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("spends all that is asked for or none of it", async () => {
    const [plenty, little] = [crypto.randomUUID(), crypto.randomUUID()];
    const costs = (count: number) => [
      { subject: plenty, cost: count, capacity: 100, perDay: 100 },
      { subject: little, cost: count, capacity: 2, perDay: 1 },
    ];
    expect(await spendAll(env.RECORDS, costs(2), START)).toEqual({ outcome: "spent" });
    const before = await stored(plenty);
    expect(await spendAll(env.RECORDS, costs(1), START)).toEqual({
      outcome: "budget-spent",
      retryAfterSeconds: DAY / 1000,
    });
    expect(await stored(plenty)).toEqual(before);
  });

  it("gives the last one once, however many ask at the same time", async () => {
    const cost = { subject: crypto.randomUUID(), cost: 1, capacity: 3, perDay: 1 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => spendAll(env.RECORDS, [cost], START)));
    expect(answers.filter(({ outcome }) => outcome === "spent")).toHaveLength(3);
  });

  it("holds what the largest limits need, exactly", async () => {
    const cost = { subject: crypto.randomUUID(), cost: 32, capacity: 50_000_000, perDay: 50_000_000 };
    await spendAll(env.RECORDS, [cost], START);
    expect((await stored(cost.subject))?.level).toBe((50_000_000 - 32) * UNIT);
    expect(await spendAll(env.RECORDS, [cost], START + 400 * DAY)).toEqual({ outcome: "spent" });
  });
});
