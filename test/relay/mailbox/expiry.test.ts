import { describe, expect, it } from "vitest";
import { ERASED_WITHIN } from "../../../src/protocol/limits.ts";
import { eraseBy } from "../../../src/relay/mailbox/expiry.ts";

describe("by when something is erased whose time is over", () => {
  it("is half its life later", () => {
    expect(eraseBy(1000, 3000)).toBe(4000);
    expect(eraseBy(0, 1001)).toBe(1501);
  });
  it("is never more than a quarter of an hour later", () => {
    expect(eraseBy(0, 7 * 86_400_000)).toBe(7 * 86_400_000 + ERASED_WITHIN);
    expect(eraseBy(0, 2 * ERASED_WITHIN + 2)).toBe(3 * ERASED_WITHIN + 2);
  });
  it("is at once for what had no life, or came by a clock that ran ahead", () => {
    expect(eraseBy(5, 5)).toBe(5);
    expect(eraseBy(9, 5)).toBe(5);
  });
});
