/**
 * The notice's name: SHA-256 over a `restante/notice/1` statement of
 *
 *     version (8) | controller who answers for the data | for each language, by its tag in order: tag | SHA-256 of the text
 *
 * One hash for all languages: whoever agrees having read one has agreed to the same notice as whoever read another.
 * Each text goes in as its hash, so that anyone can recompute the whole from `GET /v1/notice`, which shows one text.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { NoticeAnswer } from "./answers.ts";
import { decodeBase64url } from "./base64url.ts";
import { encodeInteger } from "./integer.ts";
import { encodeStatement } from "./statement.ts";

const HASH_SIZE = 32;

export interface NoticeText {
  /** BCP 47 tag. */
  readonly language: string;
  /** SHA-256 of the text as UTF-8. */
  readonly hash: Uint8Array;
}

export function noticeText(language: string, text: string): NoticeText {
  return { language, hash: sha256(utf8ToBytes(text)) };
}

/** @param texts one a language, in any order */
export function noticeHash(version: number, controller: string, texts: readonly NoticeText[]): Uint8Array {
  const inOrder = texts.toSorted((a, b) => (a.language < b.language ? -1 : 1));
  return sha256(
    encodeStatement("notice", [
      encodeInteger(version),
      utf8ToBytes(controller),
      ...inOrder.flatMap(({ language, hash }) => [utf8ToBytes(language), hash]),
    ]),
  );
}

/**
 * The hash of what `GET /v1/notice` answered.
 *
 * @returns undefined when the text shown is not the one that the hash would cover, or a language comes twice
 */
export function hashOfNotice(
  notice: Pick<NoticeAnswer, "version" | "controller" | "language" | "languages" | "text">,
): Uint8Array | undefined {
  const { version, controller, language, languages, text } = notice;
  // Whatever answered may be no relay, or an older one.
  if (typeof text !== "string" || typeof controller !== "string" || !Array.isArray(languages))
    return undefined;
  const texts = languages.flatMap((one): NoticeText[] => {
    const { language, textHash } = Object(one);
    const hash = typeof textHash === "string" ? decodeBase64url(textHash, HASH_SIZE) : undefined;
    return hash === undefined || typeof language !== "string" ? [] : [{ language, hash }];
  });
  if (texts.length !== languages.length) return undefined;
  if (new Set(texts.map(({ language }) => language)).size !== texts.length) return undefined;
  const shown = noticeText(language, text).hash;
  const named = texts.find((one) => one.language === language)?.hash;
  if (named === undefined || !named.every((octet, i) => octet === shown[i])) return undefined;
  return noticeHash(version, controller, texts);
}
