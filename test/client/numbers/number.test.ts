import { describe, expect, it } from "vitest";
import { looksLikeNumber, NumberFormatError, readNumber } from "../../../src/client/numbers/number.ts";

/** Ten countries, each number with spellings that people there use. */
const SPELLINGS: readonly [region: string, number: string, spellings: readonly string[]][] = [
  [
    "DE",
    "+4915112345678",
    [
      "0151 12345678",
      "0151/1234 5678",
      "(0151) 12345678",
      "+49 151 12345678",
      "+49 (0)151 12345678",
      "0049 151 12345678",
      "tel:+49-151-12345678",
      "tel:151-12345678;phone-context=+49",
      "０１５１１２３４５６７８",
    ],
  ],
  [
    "US",
    "+12025550143",
    [
      "(202) 555-0143",
      "202-555-0143",
      "1 202 555 0143",
      "+1 202 555 0143",
      "011 1 202 555 0143",
      "tel:+1-202-555-0143",
    ],
  ],
  ["GB", "+447400123456", ["07400 123456", "+44 7400 123456", "+44 (0)7400 123456", "00 44 7400 123456"]],
  ["FR", "+33612345678", ["06 12 34 56 78", "06.12.34.56.78", "+33 6 12 34 56 78", "0033612345678"]],
  ["IT", "+393123456789", ["312 345 6789", "+39 312 345 6789", "0039 312 3456789"]],
  [
    "JP",
    "+819012345678",
    ["090-1234-5678", "+81 90 1234 5678", "010 81 90 1234 5678", "０９０－１２３４－５６７８"],
  ],
  ["IN", "+918123456789", ["081234 56789", "81234 56789", "+91 81234 56789", "0091 8123456789"]],
  ["BR", "+5511961234567", ["(11) 96123-4567", "011 96123-4567", "+55 11 96123 4567"]],
  ["AU", "+61412345678", ["0412 345 678", "+61 412 345 678", "0011 61 412 345 678"]],
  ["NG", "+2348021234567", ["0802 123 4567", "+234 802 123 4567", "009 234 802 123 4567"]],
];

describe("telephone numbers, as people type them", () => {
  it.each(SPELLINGS)("%s: %s in all usual spellings", async (region, number, spellings) => {
    for (const spelling of spellings) expect(await readNumber(spelling, region), spelling).toBe(number);
  });

  it("without a country, in international spelling", async () => {
    for (const spelling of [
      "+49 151 12345678",
      "0049 151 12345678",
      "(00) 49 151 12345678",
      "tel:+4915112345678",
      "＋４９ １５１ １２３４５６７８",
    ])
      expect(await readNumber(spelling), spelling).toBe("+4915112345678");
    await expect(readNumber("0151 12345678")).rejects.toThrow(/\+ and the country's code/);
  });

  it("and nothing that is no number", async () => {
    const none = [
      "",
      " ",
      "+",
      "Bo",
      "+49",
      "+49 151",
      "+999 123 456 789",
      "+4915112345678,5",
      "12",
      "+49 151 12345678 ext. 7",
      "tel:+4915112345678;ext=7",
      "call +4915112345678 now",
      "1".repeat(40),
      `+${"4".repeat(5000)}`,
    ];
    for (const text of none) await expect(readNumber(text, "DE"), text).rejects.toThrow(NumberFormatError);
    await expect(readNumber("0151 12345678", "Germany")).rejects.toThrow(RangeError);
  });

  it("are told from names and addresses by how they begin", () => {
    for (const text of ["+49151", " +49 151", "tel:+49151", "TEL:0151", "＋４９"])
      expect(looksLikeNumber(text), text).toBe(true);
    for (const text of ["Bo", "telephone", "0151 12345678", "A".repeat(43)])
      expect(looksLikeNumber(text), text).toBe(false);
  });
});
