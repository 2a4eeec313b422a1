/** When things end, as pure functions of the time that is passed in. Times in ms since 1970. */
import { MARK_GRACE, MAX_TTL_SECONDS } from "../../protocol/limits.ts";

/** The longest a message is held, whoever asks and whatever the edge let through. */
export const MAX_TTL = MAX_TTL_SECONDS * 1000;

/** @param ttl seconds */
export function expiresAt(now: number, ttl: number): number {
  return now + Math.min(ttl * 1000, MAX_TTL);
}

/** At its very end a thing is due: a TTL of 0 never sees a moment of life. */
export function isDue(end: number, now: number): boolean {
  return end <= now;
}

/** When the mark of a revocable deposit goes too. */
export function markEndsAt(expires: number): number {
  return expires + MARK_GRACE;
}

export type RevocableState = "held" | "delivered" | "revoked" | "expired";

/** What a stored state means now: the alarm may be late, time is not. */
export function stateAt(stored: RevocableState, expires: number, now: number): RevocableState {
  return stored === "held" && isDue(expires, now) ? "expired" : stored;
}
