/**
 * The notice in force: what a person reads before they agree, and the hash that their statement names. Which one is
 * in force is code and nothing else: one deploy changes it for every mailbox, and the deploy before it changes it back.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { type NoticeText, noticeHash, noticeText } from "../../protocol/notice.ts";
import { PUBLISHED, type PublishedNotice } from "./notices/published.ts";

export interface Notice {
  readonly version: number;
  readonly material: boolean;
  readonly controller: string;
  /** By language. */
  readonly texts: PublishedNotice["texts"];
  readonly languages: readonly NoticeText[];
  /** base64url; see protocol/notice.ts. */
  readonly hash: string;
}

let current: { readonly published: PublishedNotice; readonly notice: Notice } | undefined;

/** The one that a new consent must name. Another controller is another notice. */
export function currentNotice(env: Env): Notice {
  const published = newest();
  if (current?.published !== published || current.notice.controller !== env.CONTROLLER) {
    const { version, texts } = published;
    const languages = Object.entries(texts).map(([language, text]) => noticeText(language, text));
    const hash = encodeBase64url(noticeHash(version, env.CONTROLLER, languages));
    current = { published, notice: { ...published, controller: env.CONTROLLER, languages, hash } };
  }
  return current.notice;
}

/**
 * The earliest version that says all that the one in force does: who agreed to one before it has not agreed to what
 * happens now.
 */
export function materialSince(): number {
  return PUBLISHED.findLast(({ material }) => material)?.version ?? 0;
}

/**
 * Whether a mailbox is suspended, because the notice that its owner agreed to no longer says everything: it takes
 * nothing from anybody and serves no keys, and its routes are not served, until they agree anew.
 */
export function isSuspended(noticeVersion: number): boolean {
  return noticeVersion < materialSince();
}

function newest(): PublishedNotice {
  const published = PUBLISHED.at(-1);
  if (published === undefined) throw new Error("no notice is published");
  return published;
}
