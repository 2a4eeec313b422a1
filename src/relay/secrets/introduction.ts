/** Introductions (protocol/introduction.ts) as a sender shows them. */
import { introductionDay, introductionInput, parseIntroduction } from "../../protocol/introduction.ts";
import { DAY, PERMIT_LIFE } from "../../protocol/limits.ts";
import { isOutputOf } from "../voprf/evaluation.ts";
import { introductionKey } from "./introduction-keys.ts";

/** An introduction is used on its day or the next: whoever makes one just before midnight is not too late. */
const OPENS_FOR_DAYS = 1;

/** By then every permit has ended that could have been opened on the last of these days. */
const USED_FOR_DAYS = OPENS_FOR_DAYS + PERMIT_LIFE / DAY;

/**
 * Checks that this relay's key made the introduction for this address, and that it may still be of use. Whether a
 * permit is or may be open for it, only the mailbox knows. The output is computed last: it costs a millisecond.
 *
 * @param now ms since 1970
 * @returns undefined when it is of no use
 */
export function verifyIntroduction(
  env: Env,
  address: string,
  text: string,
  now: number,
): { readonly nonce: Uint8Array; readonly mayOpen: boolean } | undefined {
  const introduction = parseIntroduction(text);
  if (introduction === undefined) return undefined;
  const { keyVersion, nonce, day, output } = introduction;
  const age = introductionDay(now) - day;
  if (age < 0 || age > USED_FOR_DAYS) return undefined;
  const key = introductionKey(env, keyVersion);
  if (key === undefined || !isOutputOf(key, introductionInput(address, nonce, day), output)) return undefined;
  return { nonce, mayOpen: age <= OPENS_FOR_DAYS };
}
