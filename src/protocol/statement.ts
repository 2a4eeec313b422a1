/**
 * Statements: the one form of everything a device signs (besides RFC 9421 requests).
 *
 *     "restante/" kind "/1"   ASCII
 *     0x00
 *     for each field:  length, 2 octets big-endian | the field's octets
 *
 * The kind separates domains: a signature made for one purpose says nothing in another. RFC 9421 signature
 * bases begin with a quotation mark, so the two can never be confused. Integers are 8 octets big-endian.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export type StatementKind =
  | "notice"
  | "consent"
  | "withdrawal"
  | "ticket"
  | "key"
  | "channel"
  | "devices"
  | "link"
  | "delivery"
  | "introduction"
  | "event"
  | "ledger"
  | "number-proof";

const MAX_FIELD = 0xffff;

/** @throws RangeError when a field is longer than 65,535 octets. */
export function encodeStatement(kind: StatementKind, fields: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [prefix(kind)];
  for (const field of fields) {
    if (field.length > MAX_FIELD) throw new RangeError("fields: at most 65,535 octets each");
    parts.push(Uint8Array.of(field.length >> 8, field.length & 0xff), field);
  }
  return concatBytes(...parts);
}

/**
 * Splits a statement of exactly `count` fields.
 *
 * @returns undefined when it is of another kind, cut short, has bytes left over, or another number of fields.
 */
export function decodeStatement(
  kind: StatementKind,
  bytes: Uint8Array,
  count: number,
): Uint8Array[] | undefined {
  const head = prefix(kind);
  if (bytes.length < head.length || !head.every((octet, i) => bytes[i] === octet)) return undefined;
  const fields: Uint8Array[] = [];
  let at = head.length;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return undefined;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    at += 2;
    if (at + length > bytes.length) return undefined;
    fields.push(bytes.slice(at, at + length));
    at += length;
  }
  return fields.length === count ? fields : undefined;
}

/** Made once: each message's delivery token is checked over such a statement. */
const prefixes = new Map<StatementKind, Uint8Array>();

function prefix(kind: StatementKind): Uint8Array {
  const known = prefixes.get(kind);
  if (known !== undefined) return known;
  const made = utf8ToBytes(`restante/${kind}/1\0`);
  prefixes.set(kind, made);
  return made;
}
