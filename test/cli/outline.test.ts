import { describe, expect, it } from "vitest";
import { outline } from "../../src/cli/outline.ts";

describe("an outline", () => {
  it("shows every part of an answer, times as times", () => {
    const at = Date.UTC(2026, 5, 1);
    expect(
      outline({
        a: 1,
        empty: "",
        none: [],
        rows: [
          { b: "x", c: null },
          { b: "y", c: { bytes: 2 } },
        ],
        at,
      }),
    ).toBe(
      [
        "a: 1",
        "empty: nothing",
        "none: none",
        "rows:",
        "  - b: x",
        "    c: nothing",
        "  - b: y",
        "    c:",
        "      bytes: 2",
      ]
        .concat(outline({ at }))
        .join("\n"),
    );
    expect(outline({ at })).toMatch(new RegExp(`^at: ${at} \\(.*2026.*\\)$`));
  });

  it("takes neither ids, nonces nor counts for times", () => {
    const at = 1_780_272_000_000;
    expect(outline({ id: at * 1024, ttl: 604_800, nonce: at })).not.toContain("(");
  });

  it("cuts what only programs read, and says so", () => {
    expect(outline({ receipt: "x".repeat(500) })).toBe(`receipt: ${"x".repeat(40)}… (500 characters)`);
  });
});
