/**
 * An export of the ledger is JSON Lines, in the order of places: an object a line with exactly these members in this
 * order and no white space, as JSON.stringify writes them. Of a purged event only place and hash are left.
 */
import { type ConsentEvent, EVENT_KINDS } from "./event.ts";

export interface LedgerEvent extends ConsentEvent {
  readonly place: number;
}

export interface PurgedEvent {
  readonly place: number;
  readonly hash: string;
}

export type LedgerEntry = LedgerEvent | PurgedEvent;

const HASH = /^[A-Za-z0-9_-]{43}$/;
const CONSENT_ID = /^[A-Za-z0-9_-]{22}$/;

export function isPurged(entry: LedgerEntry): entry is PurgedEvent {
  return !("consentId" in entry);
}

export function formatLedgerLine(entry: LedgerEntry): string {
  const { place, hash } = entry;
  if (isPurged(entry)) return JSON.stringify({ place, hash });
  const { consentId, position, kind, occurredAt, noticeHash, statementHash, previousHash } = entry;
  return JSON.stringify({
    ...{ place, consentId, position, kind, occurredAt, noticeHash, statementHash, previousHash, hash },
  });
}

/** @returns undefined for anything but the one exact form */
export function parseLedgerLine(line: string): LedgerEntry | undefined {
  let parsed: Partial<Record<keyof LedgerEvent, unknown>> | null;
  try {
    parsed = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const entry = parsed as LedgerEntry;
  if (!isCount(parsed.place) || !isHash(parsed.hash)) return undefined;
  if (!isPurged(entry) && !isEvent(parsed)) return undefined;
  return formatLedgerLine(entry) === line ? entry : undefined;
}

function isEvent(parsed: Partial<Record<keyof LedgerEvent, unknown>>): boolean {
  return (
    typeof parsed.consentId === "string" &&
    CONSENT_ID.test(parsed.consentId) &&
    isCount(parsed.position) &&
    EVENT_KINDS.some((kind) => kind === parsed.kind) &&
    isCount(parsed.occurredAt) &&
    [parsed.noticeHash, parsed.statementHash, parsed.previousHash].every((x) => x === null || isHash(x))
  );
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && HASH.test(value);
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
