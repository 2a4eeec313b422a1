/** Ledgers to audit: consents whose events come in any order, and the heads that a relay would have signed on the way. */
import { createHash } from "node:crypto";
import { type EventKind, eventHash } from "../../../src/protocol/ledger/event.ts";
import { type LedgerHead, linkOf } from "../../../src/protocol/ledger/head.ts";
import { formatLedgerLine, type LedgerEvent } from "../../../src/protocol/ledger/line.ts";

const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 10, 1);
const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

export interface Ledger {
  readonly events: LedgerEvent[];
  readonly heads: LedgerHead[];
}

export const linesOf = ({ events }: Ledger): string[] => events.map(formatLedgerLine);

/** `count` events of many consents, interleaved, with a head after every `perDay`. The same each time. */
export function aLedger(count: number, perDay: number): Ledger {
  const events: LedgerEvent[] = [];
  const heads: LedgerHead[] = [];
  let link = "";
  for (let place = 1; place <= count; place++) {
    const day = Math.floor((place - 1) / perDay);
    const event = nextEvent(events, place, FIRST_DAY + day * DAY + place);
    events.push(event);
    link = linkOf(link, place, event.hash);
    if (place % perDay === 0 || place === count) heads.push({ day: dayOf(day), events: place, hash: link });
  }
  return { events, heads };
}

export function dayOf(day: number): string {
  return new Date(FIRST_DAY + day * DAY).toISOString().slice(0, 10);
}

/** Every third event begins a consent; the others go on with the one that began some places before, and end it. */
function nextEvent(events: readonly LedgerEvent[], place: number, occurredAt: number): LedgerEvent {
  const begins = place % 3 === 1 || place < 4;
  const owner = begins ? place : place - ((place - 1) % 3) - 3;
  const consentId = digest(`consent ${owner}`).slice(0, 22);
  const before = events.findLast((event) => event.consentId === consentId);
  const kind: EventKind =
    before === undefined
      ? "granted"
      : before.position === 1
        ? "withdrawn"
        : place % 2 === 0
          ? "renewed"
          : "narrowed";
  const named = kind !== "withdrawn";
  const event = {
    ...{ consentId, position: before === undefined ? 0 : before.position + 1, kind, occurredAt },
    noticeHash: named ? digest("notice") : null,
    statementHash: named ? digest(`statement ${place}`) : null,
    previousHash: before?.hash ?? null,
  };
  return { place, ...event, hash: eventHash(event) };
}
