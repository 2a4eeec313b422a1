import { randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareRouteIds,
  entryIn,
  MAX_BUCKET_BYTES,
  MIN_ROWS,
  ROW_SIZE,
} from "../../../src/protocol/directory/bucket.ts";

function rowsOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => randomBytes(ROW_SIZE)).sort(compareRouteIds);
}
const bucketOf = (rows: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(rows));

describe("a bucket", () => {
  it("gives the entry under each of its route ids, and none under another", () => {
    for (const count of [64, 96, 256]) {
      const rows = rowsOf(count);
      const bucket = bucketOf(rows);
      for (const row of rows) expect(entryIn(bucket, row.subarray(0, 16))).toEqual(row.subarray(16));
      expect(entryIn(bucket, randomBytes(16))).toBeUndefined();
    }
  });

  it("of another number of rows, or cut within one, is no bucket", () => {
    for (const count of [0, 1, 32, 63, 65, 95]) {
      const rows = rowsOf(count);
      expect(entryIn(bucketOf(rows), rows[0]?.subarray(0, 16) ?? randomBytes(16)), `${count}`).toBe(
        "malformed",
      );
    }
    const bucket = bucketOf(rowsOf(MIN_ROWS));
    expect(entryIn(bucket.subarray(1), randomBytes(16))).toBe("malformed");
    expect(entryIn(new Uint8Array(MAX_BUCKET_BYTES + 32 * ROW_SIZE), randomBytes(16))).toBe("malformed");
  });

  it("that is not sorted, or has a row twice, is no bucket, wherever one looks", () => {
    const rows = rowsOf(64);
    const [first, second, ...rest] = rows as [Uint8Array, Uint8Array];
    const last = rows.at(-1) ?? first;
    const swapped = bucketOf([second, first, ...rest]);
    const doubled = bucketOf([...rows.slice(0, -1), rows.at(-2) ?? first]);
    for (const bucket of [swapped, doubled])
      for (const row of [first, last]) expect(entryIn(bucket, row.subarray(0, 16))).toBe("malformed");
  });

  it("of any octets never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(entryIn(octets, new Uint8Array(16))).toBe("malformed");
      }),
    );
  });
});
