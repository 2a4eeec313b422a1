import { describe, expect, it } from "vitest";
import { parseTtl, parseWait } from "../../src/cli/duration.ts";

describe("a TTL on the command line", () => {
  it.each([
    ["0", 0],
    ["0s", 0],
    ["90s", 90],
    ["5m", 300],
    ["1h", 3600],
    ["7d", 604_800],
    ["168h", 604_800],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseTtl(text)).toBe(seconds);
  });

  it.each(["", "1", "h", "-1h", "1.5h", "1w", "1h ", "1H", "8d", "604801s", "9999999s"])(
    "%s is none",
    (text) => {
      expect(() => parseTtl(text)).toThrow();
    },
  );
});

describe("a wait on the command line", () => {
  it("is a day at most", () => {
    expect([parseWait("0"), parseWait("90s"), parseWait("1d")]).toEqual([0, 90, 86_400]);
    for (const text of ["2d", "25h", "-1s", "90"]) expect(() => parseWait(text)).toThrow();
  });
});
