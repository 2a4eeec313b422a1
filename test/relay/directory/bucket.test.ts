import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { entryIn, ROW_SIZE } from "../../../src/protocol/directory/bucket.ts";
import { type Prefix, prefixOf } from "../../../src/protocol/directory/prefix.ts";
import { assembleBucket, paddedCount } from "../../../src/relay/directory/bucket.ts";

const ALL: Prefix = { width: 0, bits: "" };
const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
const rowsOf = (bucket: Uint8Array) =>
  Array.from({ length: bucket.length / ROW_SIZE }, (_, i) =>
    encodeBase64url(bucket.subarray(i * ROW_SIZE, (i + 1) * ROW_SIZE)),
  );

/** Rows as the relay seals them, for all it matters here: random octets, under a prefix. */
function routes(count: number, bits = ""): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (found.length < count) {
    const row = random(ROW_SIZE);
    if (prefixOf(row.subarray(0, 16), bits.length).bits === bits) found.push(row);
  }
  return found;
}

describe("a bucket as it is served", () => {
  it("has a multiple of 32 rows, and at least 64", () => {
    expect([0, 1, 63, 64, 65, 96, 97].map(paddedCount)).toEqual([64, 64, 64, 64, 96, 96, 128]);
  });

  it("holds every route, sorted among dummies, in a form that clients take", async () => {
    for (const count of [0, 1, 64, 100]) {
      const rows = routes(count, "01");
      const bucket = await assembleBucket(env, 1, { width: 2, bits: "01" }, rows, 2);
      expect(bucket).toHaveLength(ROW_SIZE * paddedCount(count));
      for (const row of rows) expect(entryIn(bucket, row.subarray(0, 16))).toEqual(row.subarray(16));
      expect(entryIn(bucket, random(16))).toBeUndefined();
      for (let at = 0; at < bucket.length; at += ROW_SIZE)
        expect(prefixOf(bucket.subarray(at, at + 16), 2).bits).toBe("01");
    }
  });

  it("is the same each time, and a route more takes the place of a dummy", async () => {
    const rows = routes(10);
    const bucket = rowsOf(await assembleBucket(env, 1, ALL, rows, 0));
    expect(rowsOf(await assembleBucket(env, 1, ALL, rows.toReversed(), 0))).toEqual(bucket);
    const [more] = routes(1) as [Uint8Array];
    const after = rowsOf(await assembleBucket(env, 1, ALL, [...rows, more], 0));
    expect(after.filter((row) => !bucket.includes(row))).toEqual([encodeBase64url(more)]);
    expect(bucket.filter((row) => !after.includes(row))).toHaveLength(1);
  });

  it("has other dummies under another key, prefix and root secret", async () => {
    const bucket = (change: { env?: Env; version?: number; prefix?: Prefix }) =>
      assembleBucket(
        change.env ?? env,
        change.version ?? 1,
        change.prefix ?? ALL,
        [],
        change.prefix?.width ?? 0,
      );
    const other = { ...env, ROOT_SECRET: `1:${encodeBase64url(random(32))}` };
    const entries = await Promise.all(
      [
        {},
        { version: 2 },
        { env: other },
        { prefix: { width: 1, bits: "0" } },
        { prefix: { width: 2, bits: "00" } },
      ].map(async (change) => rowsOf(await bucket(change)).map((row) => row.slice(20))),
    );
    expect(new Set(entries.flat()).size).toBe(5 * 64);
  });

  it("shows the same dummies at every width that is served, so that nobody knows them by comparing", async () => {
    const rows = routes(150);
    const at = async (bits: string) => {
      const prefix = { width: bits.length, bits };
      const own = rows.filter((row) => prefixOf(row.subarray(0, 16), bits.length).bits === bits);
      return rowsOf(await assembleBucket(env, 1, prefix, own, 2));
    };
    const finest = (await Promise.all(["00", "01", "10", "11"].map(at))).flat();
    const middle = (await Promise.all(["0", "1"].map(at))).flat();
    expect(middle).toEqual(finest);
    expect(await at("")).toEqual(finest);
  });

  it("has octets in its dummies as random as in its entries", async () => {
    const bucket = await assembleBucket(env, 1, ALL, [], 4);
    const counts = new Array<number>(256).fill(0);
    for (const octet of bucket) counts[octet] = (counts[octet] ?? 0) + 1;
    const expected = bucket.length / 256;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 255 degrees of freedom: 330 lies beyond all but one in a thousand, and this stream is always the same.
    expect(chiSquare).toBeLessThan(330);
  });
});
