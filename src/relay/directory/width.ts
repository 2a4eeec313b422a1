/** How finely the directory is parted into buckets. Pure. */
import { MAX_WIDTH } from "../../protocol/directory/prefix.ts";

/**
 * Routes that a bucket holds on average at the least. A bucket's share varies by its square root: with 96, almost
 * none has fewer than 64 real entries, and none twice as many as a phone should load for one number.
 */
const ROUTES_PER_BUCKET = 96;

/** A client's parameters may be as old as their caching, and the width move by one meanwhile. */
const TOLERANCE = 1;

/** Bits of prefix: as many as leave each bucket enough routes; 0, one bucket for all, while there are few. */
export function widthFor(routes: number): number {
  const buckets = Math.max(1, Math.floor(routes / ROUTES_PER_BUCKET));
  return Math.min(MAX_WIDTH - TOLERANCE, Math.floor(Math.log2(buckets)));
}

/** Whether a bucket of `asked` bits is served while the width is `width`. */
export function isServed(asked: number, width: number): boolean {
  return asked >= 0 && Math.abs(asked - width) <= TOLERANCE;
}

/** The finest that is served: buckets are padded at this width, and wider ones put together from these. */
export function finestWidth(width: number): number {
  return width + TOLERANCE;
}
