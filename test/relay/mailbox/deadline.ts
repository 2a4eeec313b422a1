/** Keeps the deadline of what is in flight from passing while something else happens. */
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import { LIVE_DEADLINE } from "../../../src/protocol/limits.ts";
import type { Stub } from "./stage.ts";

/** Gives the object its turns until `work` is done; without any, a few. */
type Awaits = <T>(work?: Promise<T>) => Promise<T>;

/**
 * The object's timers stand still while `work` runs; then the deadline passes, and no time with it.
 *
 * @param work returns what is to be asked when it has
 */
export async function beforeDeadline<T>(
  stub: Stub,
  work: (awaits: Awaits) => Promise<() => Promise<T>>,
): Promise<T> {
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], now: Date.now() });
  const turn = async () => {
    await runInDurableObject(stub, () => void vi.advanceTimersByTime(0));
    await scheduler.wait(1);
  };
  const awaits = async <R>(awaited?: Promise<R>): Promise<R> => {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    awaited?.then(settle, settle);
    for (let turns = 0; turns < 3 || (awaited !== undefined && !settled); turns++) await turn();
    return awaited as Promise<R>;
  };
  try {
    const ask = await work(awaits);
    await runInDurableObject(stub, () => {
      const now = Date.now();
      // The timers take the faked Date along: whoever looks at it meanwhile would see as ended what has not.
      const clock = vi.spyOn(Date, "now").mockReturnValue(now);
      vi.advanceTimersByTime(LIVE_DEADLINE);
      clock.mockRestore();
      vi.setSystemTime(now);
    });
    return await ask();
  } finally {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  }
}
