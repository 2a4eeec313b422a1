import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, quoted } from "../../src/cli/printable.ts";

describe("text of others on a terminal", () => {
  it("is shown as it is when it is harmless", () => {
    for (const text of ["", "hello", "a\tb\nc", "naïve 日本語 😀 שלום"]) expect(printable(text)).toBe(text);
  });

  it("has no control characters and no marks of direction left", () => {
    expect(printable("\u001b]52;c;AAAA\u0007\u009b2J\r\u0000\u202e")).toBe("�]52;c;AAAA��2J���");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("can't begin a line of its own at the margin", () => {
    expect(quoted("one\r\nAnn 12:00\nthree")).toBe("  one\n  Ann 12:00\n  three");
  });
});
