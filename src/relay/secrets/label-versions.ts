/**
 * Which versions of each derived secret are live, as the wrangler var `SECRET_VERSIONS` says it:
 *
 *     label "=" versions separated by commas, the first is current        several separated by spaces
 *
 * A label that is not named has version 1 alone. So one purpose is rotated without the others, and without a new root:
 * `receipts=2,1` signs under 2, and 1 still verifies until it is dropped.
 */

/** What a derived secret is for. One label, one use. */
export const SECRET_LABELS = [
  "delivery-token",
  "receipts",
  "rate-limit",
  "number",
  "number-proof",
  "budget",
  "one-time-code",
  "directory-dummies",
] as const;
export type SecretLabel = (typeof SECRET_LABELS)[number];

const VERSION = /^[1-9][0-9]{0,2}$/;
const MAX_VERSION = 255;

/** Tokens do not name the label's version: each that is live is tried, and a forged token costs so many MACs. */
const MAX_LIVE = 4;

const FIRST: readonly number[] = [1];

let cached:
  | { readonly text: string; readonly versions: ReadonlyMap<SecretLabel, readonly number[]> }
  | undefined;

/**
 * The label's live versions, the current one first.
 *
 * @param text the value of SECRET_VERSIONS
 * @throws Error when it is malformed or names a label that there is not: a rotation that was meant must not be missed
 */
export function labelVersions(text: string, label: SecretLabel): readonly number[] {
  if (cached?.text !== text) cached = { text, versions: parse(text) };
  return cached.versions.get(label) ?? FIRST;
}

function parse(text: string): Map<SecretLabel, readonly number[]> {
  const versions = new Map<SecretLabel, readonly number[]>();
  for (const entry of text.split(" ").filter((part) => part !== "")) {
    const [name, list = "", ...rest] = entry.split("=");
    const label = SECRET_LABELS.find((known) => known === name);
    const live = list.split(",");
    const wellFormed = live.every((version) => VERSION.test(version) && Number(version) <= MAX_VERSION);
    const distinct = new Set(live).size === live.length && live.length <= MAX_LIVE;
    if (label === undefined || versions.has(label) || rest.length > 0 || !wellFormed || !distinct)
      throw new Error(
        `SECRET_VERSIONS: "label=version,version" expected, several separated by spaces; labels: ${SECRET_LABELS.join(", ")}`,
      );
    versions.set(label, live.map(Number));
  }
  return versions;
}
