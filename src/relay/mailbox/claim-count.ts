/** How many one-time keys a mailbox gave out today, and whether one more may go: pure, days are UTC days. */
import { DAY, MAX_CLAIMS_A_DAY } from "../../protocol/limits.ts";

/** As stored. It is written with a claim only, so it may be of an earlier day. */
export interface ClaimCount {
  /** The day that was counted on last, in days since 1970. */
  readonly day: number;
  /** Claims on that day. */
  readonly claims: number;
  /** When a day's last key went, ms since 1970; null when no day's did. */
  readonly reachedAt: number | null;
}

/** A clock that is set back over midnight does not begin the day before anew. */
export function claimsToday(count: ClaimCount, now: number): number {
  return dayOf(now) > count.day ? 0 : count.claims;
}

export function mayClaim(count: ClaimCount, now: number): boolean {
  return claimsToday(count, now) < MAX_CLAIMS_A_DAY;
}

export function afterClaim(count: ClaimCount, now: number): ClaimCount {
  const claims = claimsToday(count, now) + 1;
  const day = Math.max(count.day, dayOf(now));
  return { day, claims, reachedAt: claims === MAX_CLAIMS_A_DAY ? now : limitReachedAt(count, now) };
}

/** When the limit was last reached, until the day after has ended: a device that is on once a day is told. */
export function limitReachedAt({ reachedAt }: ClaimCount, now: number): number | null {
  return reachedAt !== null && dayOf(now) - dayOf(reachedAt) <= 1 ? reachedAt : null;
}

function dayOf(now: number): number {
  return Math.floor(now / DAY);
}
