/** How long things are kept, each with its reason. Milliseconds unless the name says otherwise. */
import { DAY, LOOK_UPS_PER_NUMBER, MAX_TTL_SECONDS } from "../../protocol/limits.ts";

export { EVENT_KEPT } from "../../protocol/limits.ts";

/** An erasure receipt: a device that lost the answer to its withdrawal asks again within weeks, not months. */
export const RECEIPT_KEPT = 30 * DAY;

/**
 * A budget that was used up until it is full again, and its row is deleted: of look-ups, which take longest. And the
 * day until the daily run comes by.
 */
export const BUDGETS_KEPT = (LOOK_UPS_PER_NUMBER.capacity / LOOK_UPS_PER_NUMBER.perDay + 1) * DAY;

/** Point-in-time recovery of D1 and of Durable Objects reaches back 30 days and cannot be switched off. */
export const BACKUPS_KEPT = 30 * DAY;

/** Longest this relay holds a message: the operator's ceiling, under the protocol's. */
export function ceilingSeconds(env: Env): number {
  return Math.min(env.RETENTION_SECONDS, MAX_TTL_SECONDS);
}
