/**
 * The name of a bucket: the first `width` bits of the route ids in it, as that many characters `0` and `1`, or `all`
 * when the width is 0. Whoever fetches one tells the relay those bits, and so no more than that they look for one of
 * the numbers that share them.
 */
import { ROUTE_ID_SIZE } from "./route-keys.ts";

/** So many buckets of a full size would hold more numbers than E.164 has in use: no directory gets there. */
export const MAX_WIDTH = 32;

const WHOLE = "all";
const BITS = /^[01]{1,32}$/;

export interface Prefix {
  /** Bits, 0 to 32. */
  readonly width: number;
  /** That many characters `0` or `1`. */
  readonly bits: string;
}

/** The bucket in which a route id is, or would be. */
export function prefixOf(routeId: Uint8Array, width: number): Prefix {
  if (routeId.length !== ROUTE_ID_SIZE) throw new RangeError("routeId: 16 octets expected");
  if (!Number.isInteger(width) || width < 0 || width > MAX_WIDTH)
    throw new RangeError("width: 0 to 32 expected");
  const bits = Array.from(routeId.subarray(0, MAX_WIDTH / 8), (octet) => octet.toString(2).padStart(8, "0"));
  return { width, bits: bits.join("").slice(0, width) };
}

/** As it stands in a path. */
export function formatPrefix({ bits }: Prefix): string {
  return bits === "" ? WHOLE : bits;
}

/** @returns undefined for what names no bucket */
export function parsePrefix(text: string): Prefix | undefined {
  if (text === WHOLE) return { width: 0, bits: "" };
  return BITS.test(text) ? { width: text.length, bits: text } : undefined;
}
