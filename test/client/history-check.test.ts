import { describe, expect, it } from "vitest";
import { checkHistory } from "../../src/client/history-check.ts";
import type { OwnConsent } from "../../src/client/own-consents.ts";
import { type EventKind, endsConsent, eventHash } from "../../src/protocol/ledger/event.ts";
import type { LedgerEvent } from "../../src/protocol/ledger/line.ts";
import { DAY, EVENT_KEPT } from "../../src/protocol/limits.ts";

const CONSENT = "C".repeat(22);
const NOW = Date.UTC(2026, 10, 25);
const hash = (letter: string) => letter.repeat(42).padEnd(43, "A");

/** As a relay would have written them, the n-th yes being the n-th statement. */
function chain(...kinds: EventKind[]): LedgerEvent[] {
  const events: LedgerEvent[] = [];
  for (const [position, kind] of kinds.entries()) {
    const named = !endsConsent(kind) && kind !== "superseded";
    const event = {
      ...{ consentId: CONSENT, position, kind, occurredAt: NOW + position },
      noticeHash: named ? hash("n") : null,
      statementHash: named ? hash(String(position)) : null,
      previousHash: events.at(-1)?.hash ?? null,
    };
    events.push({ place: 10 + 3 * position, ...event, hash: eventHash(event) });
  }
  return events;
}

/** Made up anew from `change` on, hashes and all, as a relay could that keeps its own chain in order. */
function forged(events: readonly LedgerEvent[], at: number, change: Partial<LedgerEvent>): LedgerEvent[] {
  const made = [...events];
  for (let i = at; i < made.length; i++) {
    const event = { ...(made[i] as LedgerEvent), ...(i === at && change) };
    const chained = { ...event, previousHash: made[i - 1]?.hash ?? null };
    made[i] = { ...chained, hash: eventHash(chained) };
  }
  return made;
}

const whole = chain("granted", "renewed", "narrowed", "superseded");
const signed = { [hash("0")]: hash("n"), [hash("1")]: hash("n"), [hash("2")]: hash("n") };
const own: OwnConsent = {
  consentId: CONSENT,
  receipt: "",
  statementHash: hash("2"),
  heads: whole.slice(0, 3).map((event) => event.hash),
};
const kinds = (events: readonly LedgerEvent[], of = own, by = signed as Record<string, string>) => [
  ...new Set(checkHistory(of, events, by, NOW).map(({ kind }) => kind)),
];

describe("a device's own history", () => {
  it("is whole as it was written, among whatever places, and with an end that came by itself", () => {
    expect(kinds(whole)).toEqual([]);
    expect(kinds(chain("granted", "renewed", "narrowed", "lapsed"))).toEqual([]);
  });

  it("for want of any event that a receipt covers is found out", () => {
    for (let i = 0; i < 3; i++) expect(kinds(whole.toSpliced(i, 1)), String(i)).not.toEqual([]);
    for (let length = 0; length < 3; length++) expect(kinds(whole.slice(0, length))).toContain("not-named");
  });

  it("with any of what a receipt covers made up, its hashes recomputed, is found out", () => {
    for (let at = 0; at < 3; at++)
      for (const change of [
        { occurredAt: NOW - 1 },
        { noticeHash: hash("o") },
        { statementHash: hash("x") },
        { kind: at === 0 ? ("withdrawn" as const) : ("superseded" as const) },
      ])
        expect(kinds(forged(whole, at, change)), JSON.stringify(change)).toContain("not-named");
  });

  it("with a yes that this device never gave, or gave to another notice, or only once, is found out", () => {
    const longer = chain("granted", "renewed", "narrowed", "superseded", "renewed");
    expect(kinds(longer)).toEqual(["not-agreed"]);
    expect(kinds(longer, own, { ...signed, [hash("4")]: hash("o") })).toEqual(["not-agreed"]);
    expect(kinds(forged(longer, 4, { statementHash: hash("2") }))).toEqual(["not-agreed"]);
    expect(kinds(longer, own, { ...signed, [hash("4")]: hash("n") })).toEqual([]);
    const odd = forged(longer, 4, { statementHash: "constructor".padEnd(43, "A") });
    expect(kinds(odd)).toEqual(["not-agreed"]);
  });

  it("changed without new hashes, or in another order, is found out at that event", () => {
    const changed = whole.with(1, { ...(whole[1] as LedgerEvent), occurredAt: 0 });
    expect(checkHistory(own, changed, signed, NOW)).toEqual([{ kind: "changed", at: "event 2" }]);
    const [a, b] = [whole[0] as LedgerEvent, whole[1] as LedgerEvent];
    expect(kinds([b, a, ...whole.slice(2)])).toContain("reordered");
    expect(kinds(whole, { ...own, consentId: "D".repeat(22) })).toContain("changed");
  });

  it("without the end that this device knows of is found out", () => {
    const left = { ...own, endedAt: NOW };
    expect(kinds(whole, left)).toEqual(["not-ended"]);
    expect(kinds(whole, { ...left, erasureReceipt: "ey" })).toEqual(["not-ended"]);
    expect(kinds(chain("granted", "renewed", "narrowed", "withdrawn"), left)).toEqual([]);
  });

  it("with another end than the one that the erasure receipt names is found out", () => {
    const ended = chain("granted", "renewed", "narrowed", "withdrawn");
    const end = ended.at(-1) as LedgerEvent;
    const left = { ...own, heads: [...own.heads, end.hash], erasureReceipt: "ey", endedAt: NOW };
    expect(kinds(ended, left)).toEqual([]);
    for (const change of [{ occurredAt: end.occurredAt + 365 * DAY }, { kind: "lapsed" as const }])
      expect(kinds(forged(ended, 3, change), left)).toEqual(["not-named"]);
  });

  it("whose newest yes no receipt names is found out: what came of it could be left out", () => {
    const older = { ...own, heads: own.heads.slice(0, 2) };
    expect(kinds(whole.slice(0, 2), older)).toEqual(["not-named"]);
    expect(kinds(whole, older)).toEqual(["not-named"]);
    expect(kinds(whole.slice(0, 2), { ...older, statementHash: hash("1") })).toEqual([]);
  });

  it("may be gone three years after the end, and not before", () => {
    const unnamed: OwnConsent = { consentId: CONSENT, heads: [] };
    for (const of of [own, unnamed]) {
      expect(kinds([], { ...of, endedAt: NOW - EVENT_KEPT })).toEqual([]);
      expect(kinds([], { ...of, endedAt: NOW - EVENT_KEPT + 1 })).toContain("missing");
      expect(kinds([], of)).toContain("missing");
    }
  });
});
