/** When a mailbox lapses that its device does not come to any more: pure, days are UTC days since 1970. */
import { DAY, LAPSE_DAYS } from "../../protocol/limits.ts";

/**
 * When it has been so long, ms since 1970. The day of the last visit counts as a whole.
 *
 * The alarm is set for this when the mailbox opens and looks again when it comes: a visit moves nothing, so that a
 * device which comes every day costs no alarm a day.
 */
export function lapsesAt(seenDay: number): number {
  return (seenDay + 1 + LAPSE_DAYS) * DAY;
}

/** The UTC day of a moment, in days since 1970. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY);
}

/** Whether a mailbox says when its device was there; one from before that was noted does not, and never lapses so. */
export function isKnown(seenDay: number): boolean {
  return seenDay > 0;
}
