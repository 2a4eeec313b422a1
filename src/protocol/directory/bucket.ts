/**
 * A bucket of the directory, as octets: rows of 112, sorted by route id,
 *
 *     route id 16 | entry 96
 *
 * padded with dummies to a multiple of 32 rows and never fewer than 64. A dummy is a row of random-looking octets:
 * nobody can tell it from an entry without the tag of the number that the entry is for.
 */
import { ENTRY_SIZE } from "./entry.ts";
import { ROUTE_ID_SIZE } from "./route-keys.ts";

export const ROW_SIZE = ROUTE_ID_SIZE + ENTRY_SIZE;

/** Rows of the smallest bucket: who looks for one of them is one of at least so many. */
export const MIN_ROWS = 64;

/** Rows come in steps of so many: how many are real shows in the size only roughly. */
export const ROWS_STEP = 32;

/** Octets of the largest bucket that a client need take: several times what any width should give. */
export const MAX_BUCKET_BYTES = 4096 * ROW_SIZE;

/**
 * The entry under a route id.
 *
 * @returns undefined when there is none, `malformed` when the octets are no bucket: then nothing follows from it
 */
export function entryIn(bucket: Uint8Array, routeId: Uint8Array): Uint8Array | undefined | "malformed" {
  const rows = bucket.length / ROW_SIZE;
  if (bucket.length > MAX_BUCKET_BYTES || rows < MIN_ROWS || rows % ROWS_STEP !== 0) return "malformed";
  let found: Uint8Array | undefined;
  for (let at = 0; at < bucket.length; at += ROW_SIZE) {
    const order = compareRouteIds(bucket.subarray(at, at + ROUTE_ID_SIZE), routeId);
    if (order === 0) found = bucket.slice(at + ROUTE_ID_SIZE, at + ROW_SIZE);
    if (at > 0 && compareRows(bucket, at - ROW_SIZE, at) >= 0) return "malformed";
  }
  return found;
}

/** Negative, zero or positive, as octets compare. */
export function compareRouteIds(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ROUTE_ID_SIZE; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareRows(bucket: Uint8Array, first: number, second: number): number {
  return compareRouteIds(bucket.subarray(first, first + ROUTE_ID_SIZE), bucket.subarray(second));
}
