import { describe, expect, it } from "vitest";
import { DAY } from "../../../src/protocol/limits.ts";
import { decide, effectiveAt } from "../../../src/relay/directory/decision.ts";

const mine = (verifiedAt: number) => ({ consentId: "mine", verifiedAt });
const theirs = (verifiedAt: number) => ({ consentId: "theirs", verifiedAt });
const others = (verifiedAt: number) => ({ consentId: "others", verifiedAt });

describe("who shows a number to be theirs", () => {
  it("is listed when nobody is", () => {
    expect(decide(mine(5), undefined, undefined)).toBe("list");
  });

  it("stays listed, however often, and is refreshed by a newer check", () => {
    expect(decide(mine(5), mine(5), undefined)).toBe("list");
    expect(decide(mine(6), mine(5), undefined)).toBe("list");
    expect(decide(mine(4), mine(5), undefined)).toBe("superseded");
  });

  it("keeps it against a claim only with a newer check than the claim's", () => {
    expect(decide(mine(7), mine(5), theirs(6))).toBe("list");
    for (const verifiedAt of [4, 5, 6])
      expect(decide(mine(verifiedAt), mine(5), theirs(6))).toBe("superseded");
  });

  it("claims it from whoever has it by an older check", () => {
    expect(decide(mine(6), theirs(5), undefined)).toBe("claim");
    for (const verifiedAt of [4, 5])
      expect(decide(mine(verifiedAt), theirs(5), undefined)).toBe("superseded");
  });

  it("takes the place of an older claim, and leaves a newer one", () => {
    expect(decide(mine(7), theirs(5), others(6))).toBe("claim");
    for (const verifiedAt of [5, 6])
      expect(decide(mine(verifiedAt), theirs(4), others(6))).toBe("superseded");
    expect(decide(mine(6), theirs(5), mine(6))).toBe("stands");
    expect(decide(mine(7), theirs(5), mine(6))).toBe("claim");
    expect(decide(mine(5.5), theirs(5), mine(6))).toBe("superseded");
  });
});

describe("a claim", () => {
  it("waits 72 hours while the old device was there within 30 days, and not at all otherwise", () => {
    const now = 20_000 * DAY + 5;
    for (const seen of [20_000, 19_999, 19_970, 20_001]) expect(effectiveAt(seen, now)).toBe(now + 3 * DAY);
    for (const seen of [19_969, 0, undefined]) expect(effectiveAt(seen, now)).toBe(now);
  });
});
