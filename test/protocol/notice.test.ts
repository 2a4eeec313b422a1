import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NoticeAnswer } from "../../src/protocol/answers.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { hashOfNotice, noticeHash, noticeText } from "../../src/protocol/notice.ts";

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");
const digest = (octets: Buffer | string) => createHash("sha256").update(octets).digest();
const part = (octets: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, octets.length]).subarray(2), octets]);

describe("a notice's hash", () => {
  it("is SHA-256 over version, controller and each language's text by its hash, as anyone can recompute it", () => {
    const base = Buffer.concat([
      Buffer.from("restante/notice/1\0"),
      ...["\0\0\0\0\0\0\0\u0002", "Ann"].map((text) => part(Buffer.from(text))),
      ...[part(Buffer.from("de")), part(digest("Täxt")), part(Buffer.from("en")), part(digest("Text"))],
    ]);
    const texts = [noticeText("en", "Text"), noticeText("de", "Täxt")];
    expect(hex(noticeHash(2, "Ann", texts))).toBe(digest(base).toString("hex"));
  });

  it("changes with each of them, and not with the order in which the languages are given", () => {
    const [en, de] = [noticeText("en", "Text"), noticeText("de", "Täxt")];
    const hashes = [
      noticeHash(1, "Ann", [en, de]),
      noticeHash(2, "Ann", [en, de]),
      noticeHash(1, "Anna", [en, de]),
      noticeHash(1, "Ann", [en]),
      noticeHash(1, "Ann", [de]),
      noticeHash(1, "Ann", [en, noticeText("de", "Täxt ")]),
      noticeHash(1, "Ann", [en, noticeText("fr", "Täxt")]),
    ].map(hex);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(noticeHash(1, "Ann", [de, en])).toEqual(noticeHash(1, "Ann", [en, de]));
  });
});

describe("what was answered as the notice", () => {
  const shown = (language: string, texts: Record<string, string>) => ({
    ...{ version: 4, controller: "Ann", language, text: texts[language] ?? "" },
    languages: Object.entries(texts).map(([tag, text]) => ({
      language: tag,
      textHash: encodeBase64url(noticeText(tag, text).hash),
    })),
  });
  const TEXTS = { en: "Text", de: "Täxt", "zh-hant": "文" };

  it("has one hash, whichever language is shown", () => {
    const hashes = Object.keys(TEXTS).map((language) => hex(hashOfNotice(shown(language, TEXTS))));
    expect(new Set(hashes)).toEqual(
      new Set([
        hex(
          noticeHash(
            4,
            "Ann",
            Object.entries(TEXTS).map(([tag, text]) => noticeText(tag, text)),
          ),
        ),
      ]),
    );
  });

  it.each<[string, Partial<ReturnType<typeof shown>>]>([
    ["another text than its language's", { text: "Täxt" }],
    ["a language that is not among them", { language: "fr" }],
    ["a language twice", { languages: [...shown("en", TEXTS).languages, ...shown("en", TEXTS).languages] }],
    ["a hash that is none", { languages: [{ language: "en", textHash: "x" }] }],
  ])("with %s has none", (_, change) => {
    expect(hashOfNotice({ ...shown("en", TEXTS), ...change })).toBeUndefined();
  });

  it("may be anything at all", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            text: fc.anything(),
            controller: fc.anything(),
            languages: fc.anything(),
            language: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (answer) => hashOfNotice({ version: 1, ...answer } as unknown as NoticeAnswer) === undefined,
      ),
    );
    const languages = [null, 1, { language: 1, textHash: 2 }, {}] as unknown as NoticeAnswer["languages"];
    for (const one of languages)
      expect(hashOfNotice({ ...shown("en", TEXTS), languages: [one] })).toBeUndefined();
  });
});
