import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPrefix, MAX_WIDTH, parsePrefix, prefixOf } from "../../../src/protocol/directory/prefix.ts";

const routeId = Uint8Array.from([0b1010_0000, 0b0000_0001, 255, 0, ...Array<number>(12).fill(9)]);

describe("a bucket's prefix", () => {
  it("is the first bits of the route ids in it", () => {
    expect(formatPrefix(prefixOf(routeId, 0))).toBe("all");
    expect(formatPrefix(prefixOf(routeId, 1))).toBe("1");
    expect(formatPrefix(prefixOf(routeId, 3))).toBe("101");
    expect(formatPrefix(prefixOf(routeId, 16))).toBe("1010000000000001");
    expect(formatPrefix(prefixOf(routeId, 32))).toBe("10100000000000011111111100000000");
  });

  it("reads back", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.nat({ max: MAX_WIDTH }),
        (id, width) => {
          const prefix = prefixOf(id, width);
          expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
          expect(prefix.bits).toHaveLength(width);
        },
      ),
    );
  });

  it("of another spelling is none", () => {
    for (const text of ["", "ALL", "2", "01x", " 01", "01\n", "-1", "0".repeat(33), "all0"])
      expect(parsePrefix(text), text).toBeUndefined();
  });

  it("is not made from what is no route id or width", () => {
    for (const width of [-1, 0.5, 33]) expect(() => prefixOf(routeId, width)).toThrow(RangeError);
    expect(() => prefixOf(routeId.subarray(1), 3)).toThrow(RangeError);
  });
});
