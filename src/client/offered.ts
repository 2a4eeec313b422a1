/** What of a notice's purposes a device can agree to: in a jurisdiction there may be fewer. */
import type { NoticeAnswer } from "../protocol/answers.ts";
import type { Purpose } from "../protocol/consent-statement.ts";

/** The relay could not take this yes: nothing was signed and nothing sent. */
export class NotOfferedError extends Error {
  override readonly name = "NotOfferedError";
}

/** @param jurisdiction the device's own, empty for none @returns none when the relay holds no mailbox there */
export function offeredIn(
  { purposes, jurisdictions }: NoticeAnswer,
  jurisdiction: string,
): NoticeAnswer["purposes"] {
  // Whatever answered may be no relay, or an older one.
  if (!Array.isArray(purposes) || !Array.isArray(jurisdictions)) return [];
  if (jurisdiction === "") return purposes;
  if (!jurisdictions.includes(jurisdiction)) return [];
  return purposes.filter((one) => Object(one).jurisdictions?.includes?.(jurisdiction) === true);
}

/** @throws NotOfferedError */
export function requireOffered(notice: NoticeAnswer, jurisdiction: string, wanted: readonly Purpose[]): void {
  if (!wanted.includes("messaging"))
    throw new NotOfferedError("No relay takes a yes without messaging: the other purposes need it.");
  const offered = offeredIn(notice, jurisdiction).map(({ purpose }) => purpose);
  const refused = wanted.filter((purpose) => !offered.includes(purpose));
  if (refused.length === 0) return;
  if (jurisdiction !== "" && offered.length === 0)
    throw new NotOfferedError(`This relay holds no mailbox in ${jurisdiction}.`);
  const where = jurisdiction === "" ? "" : ` to a device in ${jurisdiction}`;
  throw new NotOfferedError(`This relay does not offer ${refused.join(", ")}${where}.`);
}
