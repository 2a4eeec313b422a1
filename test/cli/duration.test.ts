import { describe, expect, it } from "vitest";
import { parseTtl } from "../../src/cli/duration.ts";

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
