import { describe, expect, it } from "vitest";
import { finestWidth, isServed, widthFor } from "../../../src/relay/directory/width.ts";

describe("the directory's width", () => {
  it("is the largest that leaves each bucket 96 routes, else 0", () => {
    for (const [routes, width] of [
      [0, 0],
      [1, 0],
      [191, 0],
      [192, 1],
      [383, 1],
      [384, 2],
      [1000, 3],
      [10_000, 6],
      [100_000, 10],
      [1_000_000, 13],
      [2 ** 53 - 1, 31],
    ] as const)
      expect(widthFor(routes), `${routes}`).toBe(width);
    for (let width = 1; width < 31; width++) {
      expect(widthFor(96 * 2 ** width)).toBe(width);
      expect(widthFor(96 * 2 ** width - 1)).toBe(width - 1);
    }
  });

  it("may have moved by one since a client read it", () => {
    expect([4, 5, 6, 7, 8].map((asked) => isServed(asked, 6))).toEqual([false, true, true, true, false]);
    expect([-1, 0, 1, 2].map((asked) => isServed(asked, 0))).toEqual([false, true, true, false]);
    expect(finestWidth(6)).toBe(7);
  });
});
