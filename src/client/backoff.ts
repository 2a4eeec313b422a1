/**
 * How long to wait before the next try: full jitter, from nothing up to a bound that doubles with each failure.
 * Jitter because a relay that restarts loses every socket in the same moment, and must not get them back so.
 *
 * @param failures in a row so far, 1 or more
 * @param random from 0 to below 1
 * @returns milliseconds, at most a minute: a person who looks at the phone should not wait longer
 */
export function backoffDelay(failures: number, random: number): number {
  const bound = Math.min(MAX_DELAY, FIRST_DELAY * 2 ** Math.min(failures - 1, 16));
  return Math.floor(random * bound);
}

/** When something that failed may be tried again. Nothing waits for its first try. */
export class Backoff {
  #failures = 0;
  #next = 0;

  isDue(now: number): boolean {
    return now >= this.#next;
  }

  failed(now: number): void {
    this.#failures++;
    // A second at most after the first: it was looked at a second ago.
    this.#next = now + backoffDelay(this.#failures + 1, Math.random());
  }

  reset(): void {
    this.#failures = 0;
    this.#next = 0;
  }
}

const FIRST_DELAY = 500;
const MAX_DELAY = 60_000;

/** Waits, or ends early with `false` when `signal` aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve(true);
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
