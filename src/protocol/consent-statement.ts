/**
 * What a person agrees to, as their device signs it: a `restante/consent/1` statement over
 *
 *     address | notice hash (32) | purposes, in the order of PURPOSES, separated by a space
 *     | jurisdiction, or nothing | collection method | created, ms since 1970 (8) | salt (16)
 *
 * The fields follow ISO/IEC TS 27560 and the Kantara consent receipt 1.1. The salt makes the statement's hash,
 * which outlives withdrawal in the ledger, confirm no guess about who agreed to what.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "./address.ts";
import { decodeInteger, encodeInteger } from "./integer.ts";
import { decodeStatement, encodeStatement } from "./statement.ts";
import { decodeUtf8 } from "./utf8.ts";

export const PURPOSES = ["messaging", "number", "discovery", "wake-up", "receipts"] as const;
export type Purpose = (typeof PURPOSES)[number];

export const SALT_SIZE = 16;
const HASH_SIZE = 32;
const METHOD = /^[a-z][a-z0-9-]{0,31}$/;

export interface ConsentStatement {
  readonly address: string;
  /** SHA-256 that names the notice (notice.ts). */
  readonly noticeHash: Uint8Array;
  /** At least one; in the order of {@link PURPOSES}, none twice. */
  readonly purposes: readonly Purpose[];
  /** Must equal the address's. */
  readonly jurisdiction: string;
  /** How the person was asked, e.g. `app` or `cli`: a small letter, then up to 31 of a-z, 0-9 and hyphen. */
  readonly method: string;
  readonly created: number;
  readonly salt: Uint8Array;
}

/** @throws RangeError when a field is outside the form above. */
export function encodeConsentStatement(statement: ConsentStatement): Uint8Array {
  const bytes = encodeStatement("consent", [
    utf8ToBytes(statement.address),
    statement.noticeHash,
    utf8ToBytes(statement.purposes.join(" ")),
    utf8ToBytes(statement.jurisdiction),
    utf8ToBytes(statement.method),
    encodeInteger(statement.created),
    statement.salt,
  ]);
  if (decodeConsentStatement(bytes) === undefined) throw new RangeError("statement: not a consent statement");
  return bytes;
}

/** @returns undefined for anything but the one exact form. */
export function decodeConsentStatement(bytes: Uint8Array): ConsentStatement | undefined {
  const fields = decodeStatement("consent", bytes, 7);
  if (fields === undefined) return undefined;
  const [address, noticeHash, purposes, jurisdiction, method, created, salt] = fields as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const parsed = parseAddress(readText(address));
  const list = readText(purposes).split(" ");
  const canonical = PURPOSES.filter((purpose) => list.includes(purpose));
  const at = created.length === 8 ? decodeInteger(created) : undefined;
  if (parsed === undefined || parsed.jurisdiction !== readText(jurisdiction)) return undefined;
  if (canonical.length === 0 || canonical.join(" ") !== list.join(" ")) return undefined;
  if (!METHOD.test(readText(method)) || at === undefined) return undefined;
  if (noticeHash.length !== HASH_SIZE || salt.length !== SALT_SIZE) return undefined;
  return {
    address: parsed.text,
    noticeHash,
    purposes: canonical,
    jurisdiction: parsed.jurisdiction,
    method: readText(method),
    created: at,
    salt,
  };
}

/** Malformed UTF-8 reads as a replacement character, which none of the fields' forms admits. */
function readText(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? "\ufffd";
}
