/** A deploy with a new notice, and the way back: what is in force is code, so here the code's list is changed. */
import { PUBLISHED, type PublishedNotice } from "../../../src/relay/consent/notices/published.ts";

const published = PUBLISHED as PublishedNotice[];
const ATFIRST = published.length;

/** @returns its version */
export function publish(material: boolean): number {
  const version = published.length + 1;
  published.push({ version, material, texts: { en: `Version ${version}` } });
  return version;
}

/** To the deploy before; not beyond those that are really published. */
export function rollBack(): void {
  if (published.length > ATFIRST) published.pop();
}

export function rollBackAll(): void {
  published.length = ATFIRST;
}
