/**
 * Puts a bucket together: its routes, and the dummies that hide how many they are. Padding is done at the finest
 * width that is served, and a wider bucket is those beneath it put together: if each width were padded by itself,
 * whoever fetched the same routes at two widths would know the dummies by their being in one of the two only.
 */
import { compareRouteIds, MIN_ROWS, ROW_SIZE, ROWS_STEP } from "../../protocol/directory/bucket.ts";
import { type Prefix, prefixOf } from "../../protocol/directory/prefix.ts";
import { ROUTE_ID_SIZE } from "../../protocol/directory/route-keys.ts";
import { dummies } from "./dummies.ts";

/**
 * @param asked whose rows these are
 * @param rows all routes under it, each route id | entry
 * @param finest the finest width that is served, not below the one asked for
 */
export async function assembleBucket(
  env: Env,
  version: number,
  asked: Prefix,
  rows: readonly Uint8Array[],
  finest: number,
): Promise<Uint8Array> {
  const padded = await Promise.all(
    prefixesUnder(asked, finest).map(async (prefix) => {
      const own = rows.filter((row) => isUnder(row, prefix));
      return [...own, ...(await dummies(env, version, prefix, paddedCount(own.length) - own.length))];
    }),
  );
  const all = padded.flat().sort(compareRouteIds);
  const bucket = new Uint8Array(all.length * ROW_SIZE);
  for (const [i, row] of all.entries()) bucket.set(row, i * ROW_SIZE);
  return bucket;
}

/** To the next step, and not below the smallest. */
export function paddedCount(rows: number): number {
  return Math.max(MIN_ROWS, Math.ceil(rows / ROWS_STEP) * ROWS_STEP);
}

function prefixesUnder({ width, bits }: Prefix, finest: number): Prefix[] {
  const more = finest - width;
  return Array.from({ length: 2 ** more }, (_, i) => ({
    width: finest,
    bits: bits + (more === 0 ? "" : i.toString(2).padStart(more, "0")),
  }));
}

function isUnder(row: Uint8Array, { width, bits }: Prefix): boolean {
  return prefixOf(row.subarray(0, ROUTE_ID_SIZE), width).bits === bits;
}
