import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelay, pause } from "../../src/client/backoff.ts";

describe("backing off", () => {
  it("waits anything from nothing to a bound that doubles, a minute at most", () => {
    expect(backoffDelay(1, 0.999)).toBeLessThan(500);
    expect(backoffDelay(4, 0.999)).toBeLessThan(4000);
    expect(backoffDelay(4, 0.999)).toBeGreaterThan(3900);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.double({ min: 0, max: 0.9999, noNaN: true }),
        (n, random) => {
          const delay = backoffDelay(n, random);
          return delay >= 0 && delay <= 60_000;
        },
      ),
    );
  });

  it("ends early when told to", async () => {
    const stop = new AbortController();
    const waiting = pause(60_000, stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    expect(await pause(60_000, stop.signal)).toBe(false);
    expect(await pause(1, new AbortController().signal)).toBe(true);
  });
});
