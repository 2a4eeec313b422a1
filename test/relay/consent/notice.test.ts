import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { NoticeAnswer } from "../../../src/protocol/answers.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { hashOfNotice } from "../../../src/protocol/notice.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { PUBLISHED } from "../../../src/relay/consent/notices/published.ts";
import { fetchRelay, ORIGIN } from "../edge/signing-device.ts";

/** SHA-256 of every text that was ever published, to the letter, for whoever agreed to it. A new one is added here. */
const TO_THE_LETTER = {
  "1 en": "4dfd2c00f0393ac2c68c9c69b2789c6c2cd75fff8bd2c4513644da4789ba3dcb",
  "2 en": "1563ae888c0ac23719c369acedf9fe71e8de58794939ce20e6f87cad73617e73",
  "3 de": "051ab078169abd45db6972aca62205458aaa4b3d77c25362e448491ccd2e3947",
  "3 en": "ddfb14829a752a4981011b58e490cc96b8f76468ff485810d638c809fda57b1e",
  "4 de": "3c450c88ab7777fb0c6418e51012098ea8801789aa3cf1d21bdea1607e59dbd5",
  "4 en": "6c495e8ab50a54e27aa3c6e134e283c386ce7173b5f6d26e3cbc295e908ccddf",
  "5 de": "b22ff76ad6337ba4a07481c268176260a81896c691231971ac5e0ee4a6423d0c",
  "5 en": "8aeb40149a7c1aeb57619dd4d901de9602224f0ec9505decaf28ef9961536bf8",
};

async function shown(language?: string): Promise<Response> {
  const headers = language === undefined ? {} : { "accept-language": language };
  return fetchRelay(new Request(ORIGIN + ROUTES.notice, { headers }));
}

describe("the notices that were ever in force", () => {
  it("are still here, to the letter", () => {
    const texts = PUBLISHED.flatMap(({ version, texts }) =>
      Object.entries(texts).map(([language, text]) => [
        `${version} ${language}`,
        bytesToHex(sha256(utf8ToBytes(text))),
      ]),
    );
    expect(Object.fromEntries(texts)).toEqual(TO_THE_LETTER);
  });

  it("have growing versions", () => {
    expect(PUBLISHED.map(({ version }) => version)).toEqual(PUBLISHED.map((_, i) => i + 1));
  });
});

describe("the notice in force", () => {
  it.each([
    [undefined, "en"],
    ["*", "en"],
    ["de", "de"],
    ["de-AT", "de"],
    ["DE-CH-1996", "de"],
    ["fr, de;q=0.5, en;q=0.4", "de"],
    ["fr, de;q=0.4, en-GB;q=0.5", "en"],
    ["de;q=0, fr", "en"],
    ["fr", "en"],
    ["d, ,;;=,q=1", "en"],
  ])("is shown to whoever accepts %s in %s, under one hash", async (accepted, language) => {
    const answer = await shown(accepted);
    const notice: NoticeAnswer = await answer.json();
    expect(notice.language).toBe(language);
    expect(answer.headers.get("content-language")).toBe(language);
    expect(answer.headers.get("vary")).toMatch(/accept-language/i);
    expect(notice.text).toBe(PUBLISHED.at(-1)?.texts[language]);
    expect(encodeBase64url(hashOfNotice(notice) ?? new Uint8Array())).toBe(notice.hash);
    const english: NoticeAnswer = await (await shown("en")).json();
    expect(notice.hash).toBe(english.hash);
  });
});
