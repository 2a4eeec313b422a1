/** The notice in force: what a person reads before they agree, and the hash that their statement names. */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { noticeHash } from "../../protocol/notice.ts";
import { NOTICE_V2 } from "./notices/v2.ts";

const CURRENT = { version: 2, text: NOTICE_V2 } as const;

/**
 * The earliest version that says all that the one in force does: who agreed to one before it has not agreed to what
 * happens now, and is not found until they do.
 */
export const MATERIAL_SINCE = 1;

export interface Notice {
  readonly version: number;
  readonly controller: string;
  readonly text: string;
  /** base64url; see protocol/notice.ts. */
  readonly hash: string;
}

let current: Notice | undefined;

/** The version that a new consent must name. Another controller is another notice. */
export function currentNotice(env: Env): Notice {
  if (current?.controller !== env.CONTROLLER) {
    const { version, text } = CURRENT;
    const hash = encodeBase64url(noticeHash(version, env.CONTROLLER, text));
    current = { version, controller: env.CONTROLLER, text, hash };
  }
  return current;
}
