/** What a thief who has all that a story left behind could open and must not. */

import { type Read, Thief } from "./thief.ts";
import type { Copy, Told } from "./told.ts";

export interface Robbed extends Read {
  readonly copy: string;
}

/** All of it. */
export async function robberiesIn({ copies }: Told, thief: Thief): Promise<Robbed[]> {
  const robbed: Robbed[] = [];
  for (const copy of copies) robbed.push(...(await robbedFrom(thief, copy, () => false)));
  return robbed;
}

/** The first of it that is found, of small copies first. */
export async function firstRobberyIn({ known, copies }: Told): Promise<Robbed | undefined> {
  const thief = new Thief(known);
  for (const copy of [...copies].sort((a, b) => a.values.length - b.values.length)) {
    const [first] = await robbedFrom(thief, copy, ({ text }) => copy.closed.includes(text));
    if (first !== undefined) return first;
  }
  return undefined;
}

async function robbedFrom(thief: Thief, copy: Copy, enough: (read: Read) => boolean): Promise<Robbed[]> {
  const reads = await thief.rob(copy.values, enough);
  const forbidden = new Set(copy.closed);
  return reads.filter(({ text }) => forbidden.has(text)).map((read) => ({ ...read, copy: copy.label }));
}
