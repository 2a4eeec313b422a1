/** The language that a person asked for, out of those that there are. */
import { accepts } from "hono/accepts";
import type { RelayContext } from "./context.ts";

/** RFC 4647 §3.4: `de-AT` finds `de`, the most wanted first; else `otherwise`. */
export function acceptedLanguage(c: RelayContext, there: readonly string[], otherwise: string): string {
  return accepts(c, {
    header: "Accept-Language",
    supports: [...there],
    default: otherwise,
    match: (wanted) =>
      wanted
        .filter(({ q }) => q > 0)
        .toSorted((a, b) => b.q - a.q)
        .flatMap(({ type }) => found(type.toLowerCase(), there) ?? [])[0] ?? otherwise,
  });
}

function found(range: string, there: readonly string[]): string | undefined {
  for (let tag = range; tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-"))))
    if (there.includes(tag)) return tag;
  return undefined;
}
