/** When things end, as pure functions of the time that is passed in. Times in ms since 1970. */
import { ERASED_WITHIN, MARK_GRACE, MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { PER_MILLISECOND } from "./message-id.ts";

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

/** By when the alarm has to have erased what came at `came` and ends at `end` ({@link ERASED_WITHIN}). */
export function eraseBy(came: number, end: number): number {
  return end + Math.min(ERASED_WITHIN, Math.max(0, Math.floor((end - came) / 2)));
}

/** The same, of a row of `message` or `revocable_deposit`: when it came is in its id. */
export const ERASE_BY = `expires_at + MIN(${ERASED_WITHIN}, MAX(0, (expires_at - id / ${PER_MILLISECOND}) / 2))`;

/** When the mark of a revocable deposit goes too. */
export function markEndsAt(expires: number): number {
  return expires + MARK_GRACE;
}

export type RevocableState = "held" | "delivered" | "revoked" | "expired";

/** What a stored state means now: the alarm may be late, time is not. */
export function stateAt(stored: RevocableState, expires: number, now: number): RevocableState {
  return stored === "held" && isDue(expires, now) ? "expired" : stored;
}
