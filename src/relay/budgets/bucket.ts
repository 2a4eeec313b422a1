/**
 * A token bucket: `capacity` uses at most, refilled evenly by `perDay` a day. A use counts {@link UNIT} parts, so
 * that each millisecond refills a whole number of them, `perDay`, and nothing is lost to rounding. store.ts does the
 * same arithmetic inside the database, where two at once can't both spend the last.
 */
import { DAY } from "../../protocol/limits.ts";

/** Parts of one use. */
export const UNIT = DAY;

/** Rounds up what a refused caller is told: no need to let anybody time a bucket that may be another's. */
const RETRY_STEP_SECONDS = 60;

export interface BudgetLimit {
  /** Uses in a full bucket, such as it is at first. */
  readonly capacity: number;
  /** Uses that a day brings back: a whole number. 0, with a capacity of 0, allows none. */
  readonly perDay: number;
}

export interface Bucket {
  /** In parts of a use. */
  readonly level: number;
  /** ms since 1970. */
  readonly countedAt: number;
}

export type Spending = { readonly spent: true; readonly bucket: Bucket } | { readonly spent: false };

/** Takes `cost` uses out of a bucket, or nothing when it holds less. No bucket is a full one. */
export function spend(bucket: Bucket | undefined, cost: number, limit: BudgetLimit, now: number): Spending {
  const { level, countedAt } = refilled(bucket, limit, now);
  const left = level - cost * UNIT;
  return left < 0 ? { spent: false } : { spent: true, bucket: { level: left, countedAt } };
}

/** When a bucket will be full, ms since 1970: from then on it is as good as none. */
export function fullAt({ level, countedAt }: Bucket, { capacity, perDay }: BudgetLimit): number {
  return countedAt + Math.ceil(Math.max(0, capacity * UNIT - level) / perDay);
}

/** Seconds until the bucket holds one more use, rounded up to a minute; a day when nothing is brought back. */
export function retryAfterSeconds(bucket: Bucket | undefined, limit: BudgetLimit, now: number): number {
  // An operator who allows none may allow some tomorrow.
  if (limit.perDay === 0) return DAY / 1000;
  const { level } = refilled(bucket, limit, now);
  return roundedRetry(Math.max(0, UNIT - level) / limit.perDay / 1000);
}

/** Rounded up to a minute; at least one. */
export function roundedRetry(seconds: number): number {
  return Math.max(1, Math.ceil(seconds / RETRY_STEP_SECONDS)) * RETRY_STEP_SECONDS;
}

/** A clock that is behind the one that counted last refills nothing and takes nothing away. */
function refilled(bucket: Bucket | undefined, { capacity, perDay }: BudgetLimit, now: number): Bucket {
  if (bucket === undefined) return { level: capacity * UNIT, countedAt: now };
  const passed = Math.max(0, now - bucket.countedAt);
  return {
    level: Math.min(capacity * UNIT, bucket.level + passed * perDay),
    countedAt: Math.max(now, bucket.countedAt),
  };
}
