/** A device's own history: what the relay's ledger says of each of its consents, checked. */
import type { JSONWebKeySet } from "jose";
import type { EventsAnswer } from "../protocol/answers.ts";
import { formatLedgerLine, type LedgerEvent, parseLedgerLine } from "../protocol/ledger/line.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { currentConsent } from "./consent-record.ts";
import { checkHistory, type HistoryFinding } from "./history-check.ts";
import type { Identity } from "./identity.ts";
import { type OwnConsent, ownConsents } from "./own-consents.ts";
import { provesConsent, provesErasure } from "./own-receipts.ts";
import { RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import type { Session } from "./session.ts";
import { fetchKeySet } from "./signed-word.ts";
import { callOpen, callSigned } from "./transport.ts";

/** Events of one consent that are read: nobody agrees anew so often, and a lying relay could go on for ever. */
const MOST_EVENTS = 10_000;

export interface ConsentHistory {
  readonly consentId: string;
  /** As the ledger has them, oldest first. None when they were purged, three years after the end. */
  readonly events: readonly LedgerEvent[];
  /** What is not as it should be; empty when the events are whole and say what this device signed and was given. */
  readonly findings: readonly HistoryFinding[];
  /** The newest consent receipt, compact JWS; absent when the answer to the yes was lost. */
  readonly receipt?: string;
  /** Compact JWS; absent while the consent is in force, and when the relay gave none. */
  readonly erasureReceipt?: string;
}

/** Of every consent that this device gave, oldest first. */
export async function fetchHistory(session: Session): Promise<ConsentHistory[]> {
  const { platform, identity } = session;
  const { signed, consents } = ownConsents(session.vault);
  if (consents.length === 0) return [];
  const keys = await fetchKeySet(platform, identity.relay);
  const histories: ConsentHistory[] = [];
  for (const own of consents) {
    const events = await eventsOf(session, own);
    const findings = [
      ...checkHistory(own, events, signed, platform.now()),
      ...(await checkReceipts(keys, identity, own)),
    ];
    const { consentId, receipt, erasureReceipt } = own;
    histories.push({
      ...{ consentId, events, findings },
      ...(receipt !== undefined && { receipt }),
      ...(erasureReceipt !== undefined && { erasureReceipt }),
    });
  }
  return histories;
}

/** With the keys of today: a receipt that nobody else could check any more is no proof either. */
async function checkReceipts(
  keys: JSONWebKeySet,
  identity: Identity,
  own: OwnConsent,
): Promise<HistoryFinding[]> {
  const { consentId, receipt, erasureReceipt } = own;
  const consented = receipt === undefined || (await provesConsent(keys, identity, own));
  const erased = erasureReceipt === undefined || (await provesErasure(keys, erasureReceipt, consentId));
  return [
    ...(consented ? [] : [{ kind: "not-proven" as const, at: "the consent receipt" }]),
    ...(erased ? [] : [{ kind: "not-proven" as const, at: "the erasure receipt" }]),
  ];
}

async function eventsOf(session: Session, { consentId }: OwnConsent): Promise<LedgerEvent[]> {
  if (currentConsent(session.vault)?.consentId === consentId) {
    const events = await readAll("no-consent", (from) => {
      const path = `${ROUTES.ownEvents}?from=${from}`;
      return callSigned(session.platform, session.identity, { method: "GET", path });
    });
    if (events[0]?.consentId === consentId) return events;
    // It ended at the relay, and this device has not been told; whatever began since is another's.
  }
  return readAll("no-receipt", (from) => {
    const path = `${pathOf(ROUTES.consentEvents, { consentId })}?from=${from}`;
    return callOpen(session.platform, session.identity.relay, { method: "GET", path });
  });
}

/** @param none what the relay answers when there is nothing */
async function readAll(
  none: "no-consent" | "no-receipt",
  ask: (from: number) => Promise<EventsAnswer>,
): Promise<LedgerEvent[]> {
  const all: LedgerEvent[] = [];
  for (;;) {
    const from = (all.at(-1)?.position ?? -1) + 1;
    const answer = await ask(from).catch((error) => {
      if (error instanceof RelayProblem && error.code === none) return { events: [], more: false };
      throw error;
    });
    const { events, more } = readEventsAnswer(answer);
    all.push(...events);
    if (!more) return all;
    const last = events.at(-1)?.position;
    if (last === undefined || last < from || all.length > MOST_EVENTS)
      throw new RelayProtocolError("The relay's events have no end.");
  }
}

function readEventsAnswer(answer: unknown): EventsAnswer {
  const { events, more } = Object(answer);
  if (!Array.isArray(events) || typeof more !== "boolean") throw unlike();
  return { events: events.map(readEvent), more };
}

function readEvent(json: unknown): LedgerEvent {
  const entry = parseLedgerLine(formatLedgerLine(Object(json)));
  if (entry === undefined || !("consentId" in entry)) throw unlike();
  return entry;
}

function unlike(): RelayProtocolError {
  return new RelayProtocolError("The relay's events have another form.");
}
