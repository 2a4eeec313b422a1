/**
 * How much foundings of strangers may cost. Opening one takes some milliseconds, whoever knows a key's id can make the
 * recipient try, and a mailbox holds a thousand. What is over the budget stays sealed and is tried again later.
 *
 * Kept in memory: junk must not change the vault.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { KEY_FAILURES, LAST_RESORT_FAILURES, LAST_RESORT_REFILL } from "./limits.ts";
import type { PrivateKey } from "./pool.ts";

const HOUR = 60 * 60 * 1000;

type Named = Pick<PrivateKey, "keyHash" | "lastResort">;

export class FoundingBudget {
  readonly #failures = new Map<string, { count: number; since: number }>();
  #spent = 0;
  #refilled = Number.NEGATIVE_INFINITY;

  /** Whether a founding on this key may be tried now. */
  allows(key: Named, now: number): boolean {
    if (key.lastResort) return this.#spentAt(now) <= LAST_RESORT_FAILURES - 1;
    const failures = this.#failures.get(encodeBase64url(key.keyHash));
    return failures === undefined || now - failures.since >= HOUR || failures.count < KEY_FAILURES;
  }

  /** One that left nothing open here; or one on the last-resort key by a founder nobody here knew. */
  spend(key: Named, now: number): void {
    if (key.lastResort) {
      this.#spent = this.#spentAt(now) + 1;
      this.#refilled = now;
      return;
    }
    const name = encodeBase64url(key.keyHash);
    const failures = this.#failures.get(name);
    const running = failures !== undefined && now - failures.since < HOUR;
    this.#failures.set(name, running ? { ...failures, count: failures.count + 1 } : { count: 1, since: now });
  }

  #spentAt(now: number): number {
    const refill = Math.max(0, now - this.#refilled) / LAST_RESORT_REFILL;
    return Math.max(0, this.#spent - refill);
  }
}
