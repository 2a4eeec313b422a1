/** "Long texts". */
import type { OwnCopy, Part, TextAddress } from "./content.ts";
import { sha256 } from "./hashing.ts";
import { join, same } from "./octets.ts";
import { utf8 } from "./reading-content.ts";

export const PART = 60_000;
const MOST = 1024 * 1024;
const MOST_PARTS = 32;
const MOST_UNFINISHED = 2;

export interface Assembly {
  readonly from: string;
  readonly first: Part;
  readonly parts: Part[];
  /** The text's end: kept so that no part of it begins it again. */
  over: boolean;
}

/** What each of the parts says beside what all of them say. */
export function cut(
  address: Omit<TextAddress, "counter">,
  body: string,
  ownCopy: OwnCopy | undefined,
): Omit<Part, "counter">[] {
  const octets = Uint8Array.from(Buffer.from(body, "utf8"));
  if (octets.length > MOST) throw new RangeError("a text has at most 1 MiB");
  const wholeHash = sha256(octets);
  const count = Math.ceil(octets.length / PART);
  return Array.from({ length: count }, (_, index) => ({
    kind: "part" as const,
    ownCopy,
    ...address,
    wholeHash,
    index,
    count,
    octets: octets.slice(index * PART, (index + 1) * PART),
  }));
}

type Assembled =
  | { readonly outcome: "whole"; readonly body: string }
  | { readonly outcome: "waiting" | "dropped" };

/** Adds a part; `assemblies` changes in place. */
export function assemble(assemblies: Assembly[], from: string, part: Part): Assembled {
  let assembly = assemblies.find((known) => known.from === from && same(known.first.id, part.id));
  if (assembly === undefined) {
    const unfinished = assemblies.filter((known) => known.from === from && !known.over);
    if (unfinished.length >= MOST_UNFINISHED || part.count > MOST_PARTS) return { outcome: "dropped" };
    assembly = { from, first: part, parts: [], over: false };
    assemblies.push(assembly);
  }
  if (assembly.over || !saysTheSame(assembly.first, part)) return { outcome: "dropped" };
  if (assembly.parts.some(({ index }) => index === part.index)) return { outcome: "dropped" };
  assembly.parts.push(part);
  if (assembly.parts.length < part.count) return { outcome: "waiting" };
  assembly.over = true;
  const inOrder = [...assembly.parts].sort((one, other) => one.index - other.index);
  const whole = join(...inOrder.map(({ octets }) => octets));
  const body = utf8(whole);
  const good = whole.length <= MOST && same(sha256(whole), part.wholeHash) && body !== undefined;
  assembly.parts.length = 0;
  return good ? { outcome: "whole", body } : { outcome: "dropped" };
}

function saysTheSame(one: Part, other: Part): boolean {
  return (
    same(one.conversation, other.conversation) &&
    same(one.members, other.members) &&
    same(one.wholeHash, other.wholeHash) &&
    one.count === other.count &&
    one.ownCopy?.author === other.ownCopy?.author &&
    one.ownCopy?.other === other.ownCopy?.other
  );
}
