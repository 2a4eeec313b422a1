/**
 * Holds what the relay says of a consent's past against the events' own hashes, and against what this device signed and
 * was given. An event that was left out, changed or made up shows, up to the newest that a receipt names; so does an end
 * that is not there. An end that nobody here asked for is no fault: a consent lapses, and a device of the same person may
 * have handed in a withdrawal.
 */
import { type FindingKind, verifyLedger } from "../protocol/ledger/audit.ts";
import { endsConsent, namesStatement } from "../protocol/ledger/event.ts";
import { formatLedgerLine, type LedgerEvent } from "../protocol/ledger/line.ts";
import { EVENT_KEPT } from "../protocol/limits.ts";
import type { OwnConsent } from "./own-consents.ts";

/**
 * - Kinds of an audit's findings, as `restante audit` has them.
 * - `not-agreed`: it names a statement that this device, as far as its vault knows, never signed, or signed for another
 *   notice, or it is there a second time. A vault that was restored from an old copy does not know what was signed since.
 * - `not-named`: what a receipt of this device names is not there. - `not-ended`: the end is not there, though this device
 *   knows of it.
 * - `not-proven`: a receipt is not signed by a key that the relay publishes, or not of this consent and of what this device
 *   signed (own-receipts.ts). It proves nothing; what it is of may be so all the same.
 */
export type HistoryFindingKind = FindingKind | "not-agreed" | "not-named" | "not-ended" | "not-proven";

export interface HistoryFinding {
  readonly kind: HistoryFindingKind;
  /** Where: an event by its number in the answer, or a receipt, both from 1; or the end. */
  readonly at: string;
}

/** @param signed see OwnConsents @param now ms since 1970 */
export function checkHistory(
  own: OwnConsent,
  events: readonly LedgerEvent[],
  signed: Readonly<Record<string, string>>,
  now: number,
): HistoryFinding[] {
  // Purged, three years after the end: the relay holds nothing that could be checked.
  if (events.length === 0 && own.endedAt !== undefined && own.endedAt + EVENT_KEPT <= now) return [];
  const { findings } = verifyLedger(events.map(formatLedgerLine), [], { part: true });
  const unnamed = own.heads.flatMap((head, i) => (events.some(({ hash }) => hash === head) ? [] : [i + 1]));
  return [
    ...(events.length === 0 ? [{ kind: "missing" as const, at: "the end" }] : []),
    ...findings.map(({ kind, at }) => ({ kind, at: at.replace("line", "event") })),
    ...events.flatMap((event, i) => checkOwn(own, events.slice(0, i), event, signed)),
    ...unnamed.map((receipt) => ({ kind: "not-named" as const, at: `receipt ${receipt}` })),
    ...(unnamed.length > 0 || namesNewest(own, events)
      ? []
      : [{ kind: "not-named" as const, at: "the newest receipt" }]),
    ...(own.endedAt !== undefined && !events.some(({ kind }) => endsConsent(kind))
      ? [{ kind: "not-ended" as const, at: "the end" }]
      : []),
  ];
}

/** The event of the newest yes must be one that a receipt names: else what came of it could be left out unseen. */
function namesNewest({ statementHash, heads }: OwnConsent, events: readonly LedgerEvent[]): boolean {
  if (statementHash === undefined) return true;
  return events.some((event) => event.statementHash === statementHash && heads.includes(event.hash));
}

function checkOwn(
  { consentId }: OwnConsent,
  before: readonly LedgerEvent[],
  event: LedgerEvent,
  signed: Readonly<Record<string, string>>,
): HistoryFinding[] {
  const at = `event ${before.length + 1}`;
  if (event.consentId !== consentId) return [{ kind: "changed", at }];
  const { statementHash, noticeHash } = event;
  if (!namesStatement(event.kind) || statementHash === null) return [];
  const again = before.some((other) => other.statementHash === statementHash);
  const agreed = Object.hasOwn(signed, statementHash) && signed[statementHash] === noticeHash;
  return agreed && !again ? [] : [{ kind: "not-agreed", at }];
}
