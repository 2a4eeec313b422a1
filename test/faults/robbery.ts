/** What a thief who has all that a story left behind could open and must not. */

import { type Read, Thief } from "./thief.ts";
import type { Told } from "./told.ts";

export interface Robbed extends Read {
  readonly copy: string;
}

/** @param all every text; else the first is enough */
export async function robberiesIn({ known, copies }: Told, all = true): Promise<Robbed[]> {
  const thief = new Thief(known);
  const robbed: Robbed[] = [];
  for (const { label, values, closed } of copies) {
    const forbidden = new Set(closed);
    const isForbidden = ({ text }: Read) => forbidden.has(text);
    const reads = await thief.rob(values, all ? undefined : isForbidden);
    robbed.push(...reads.filter(isForbidden).map((read) => ({ ...read, copy: label })));
    if (!all && robbed.length > 0) break;
  }
  return robbed;
}
