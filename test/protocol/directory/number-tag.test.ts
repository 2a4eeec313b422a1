import { describe, expect, it } from "vitest";
import { tagInput } from "../../../src/protocol/directory/number-tag.ts";

describe("the input of a number's tag", () => {
  it("is its E.164 text", () => {
    expect(Buffer.from(tagInput("+64211234567")).toString()).toBe("+64211234567");
    expect(tagInput("+1234567")).toHaveLength(8);
    expect(tagInput("+123456789012345")).toHaveLength(16);
  });

  it("is made of no other spelling: it would be another tag", () => {
    for (const text of [
      "",
      "+",
      "64211234567",
      "+64 21 123 4567",
      "+0211234567",
      "+123456",
      "+1234567890123456",
      "+64211234567\n",
      "+٦٤٢١١٢٣٤٥٦٧",
    ])
      expect(() => tagInput(text), text).toThrow(RangeError);
  });
});
