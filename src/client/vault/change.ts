/**
 * What a transaction changed, in octets: the one form of a vault's records. A snapshot is a change that puts
 * every entry. One after another:
 *
 *     put       0x01 | name length 2 | name, UTF-8 | value length 4 | value
 *     delete    0x02 | name length 2 | name, UTF-8
 *
 * Integers are big-endian.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeUtf8 } from "../../protocol/utf8.ts";

const PUT = 0x01;
const DELETE = 0x02;
const MAX_NAME = 0xffff;

/** By name: the new value, or undefined for an entry that is gone. */
export type Change = ReadonlyMap<string, Uint8Array | undefined>;

/** @throws RangeError when a name is longer than 65,535 octets, or is not well-formed Unicode. */
export function encodeChange(change: Change): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of change) {
    assertName(name);
    const octets = utf8ToBytes(name);
    parts.push(Uint8Array.of(value === undefined ? DELETE : PUT), integer(octets.length, 2), octets);
    if (value !== undefined) parts.push(integer(value.length, 4), value);
  }
  return concatBytes(...parts);
}

/** @returns undefined for anything that {@link encodeChange} did not write. */
export function decodeChange(bytes: Uint8Array): Map<string, Uint8Array | undefined> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const change = new Map<string, Uint8Array | undefined>();
  let at = 0;
  while (at < bytes.length) {
    const kind = bytes[at];
    if ((kind !== PUT && kind !== DELETE) || at + 3 > bytes.length) return undefined;
    const nameEnd = at + 3 + view.getUint16(at + 1);
    const name = nameEnd > bytes.length ? undefined : decodeUtf8(bytes.subarray(at + 3, nameEnd));
    if (name === undefined || change.has(name)) return undefined;
    at = nameEnd;
    if (kind === DELETE) {
      change.set(name, undefined);
      continue;
    }
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) return undefined;
    change.set(name, bytes.slice(at + 4, end));
    at = end;
  }
  return change;
}

/** Makes the change in `entries`. */
export function applyChange(entries: Map<string, Uint8Array>, change: Change): void {
  for (const [name, value] of change) {
    if (value === undefined) entries.delete(name);
    else entries.set(name, value);
  }
}

/** @throws RangeError for a name that {@link encodeChange} can't write. */
export function assertName(name: string): void {
  // A lone surrogate would be stored as U+FFFD, and two names become one.
  if (!name.isWellFormed()) throw new RangeError("name: well-formed Unicode expected");
  // No UTF-16 unit takes more than three octets: only long names need counting.
  if (name.length * 3 > MAX_NAME && utf8ToBytes(name).length > MAX_NAME)
    throw new RangeError("name: at most 65,535 octets");
}

function integer(value: number, size: 2 | 4): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes.subarray(4 - size);
}
