import type { VoprfKey } from "../../../src/relay/voprf/keys.ts";
import { FIELDS } from "./fields.ts";
import type { Leaving } from "./leaving.ts";
import { isMadeIn } from "./made.ts";
import type { Stored } from "./stored.ts";

/**
 * What of the table of fields is not so in a relay's tables: a column that was named and in which nothing of the field
 * stands, and one that was not named and in which something does.
 *
 * @param more.number which the device that left these has verified
 */
export function wronglyKept(
  left: readonly Leaving[],
  stored: Stored,
  more: { readonly number: string; readonly directoryKeys: readonly VoprfKey[] },
): string[] {
  const wrong = Object.entries(FIELDS).flatMap(([name, { kept, made = {}, theirs }]) => {
    const sent = left.flatMap((leaving) =>
      leaving.fields.flatMap(([field, value]) => (field === name ? [{ value, leaving }] : [])),
    );
    const values = [...new Set(sent.map(({ value }) => value))];
    const isKept = (column: string) =>
      values.some((value) => value.split(",").every((part) => stored.isIn(column, part)));
    const isMade = (column: string) =>
      sent.some((each) => isMadeIn(column, name, { ...each, stored, ...more }));
    const found = theirs ? [] : values.flatMap((value) => stored.columnsWith(value));
    return [
      ...kept.flatMap((column) => (isKept(column) ? [] : `${name} not in ${column}`)),
      ...Object.keys(made).flatMap((column) => (isMade(column) ? [] : `nothing of ${name} in ${column}`)),
      ...found.flatMap((column) => (kept.includes(column) ? [] : `${name} also in ${column}`)),
    ];
  });
  return [...new Set(wrong)];
}
