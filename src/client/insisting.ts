/** Repeats a call that may succeed later, for a little while: nobody is told of a hiccup. */
import { backoffDelay, pause } from "./backoff.ts";
import { isTransient, RelayProblem } from "./relay-problem.ts";
import { cleanOldCopy } from "./restored.ts";
import type { Session } from "./session.ts";

/** Tries of one call before its failure is the caller's to see: about two seconds of waiting in all. */
const TRIES = 4;

/**
 * A withdrawal under way is worth waiting for as well. A nonce that the relay has seen means that the vault is an old
 * copy: once that is dealt with, the call goes through.
 */
export async function insisting<T>(session: Session, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const code = error instanceof RelayProblem ? error.code : undefined;
      const again = code === "nonce-used" || code === "withdrawal-in-progress" || isTransient(error);
      if (failures === TRIES || !again) throw error;
      if (code === "nonce-used") await cleanOldCopy(session);
      await pause(backoffDelay(failures, Math.random()), new AbortController().signal);
    }
  }
}
