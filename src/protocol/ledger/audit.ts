/**
 * Walks an export of the ledger (line.ts) beside the heads that were published (head.ts), and finds an event that was
 * changed, left out, moved or cut off. It says nothing of what came after the newest head and was cut off before anybody
 * saw it: a receipt that names such an event does.
 */
import { DAY, EVENT_KEPT } from "../limits.ts";
import { endsConsent, eventHash, namesStatement } from "./event.ts";
import { type LedgerHead, linkOf } from "./head.ts";
import { isPurged, type LedgerEntry, type LedgerEvent, parseLedgerLine } from "./line.ts";

/**
 * - `malformed`: a line is not an event. - `changed`: it is not what was hashed. - `missing`: something before it is gone.
 * - `reordered`: it is not in its place. - `cut-off`: the end is gone. - `purged-early`: it is gone before its time.
 * - `head`: the heads contradict each other. - `stale`: there is none, or none of the last days.
 */
export type FindingKind =
  | "malformed"
  | "changed"
  | "missing"
  | "reordered"
  | "cut-off"
  | "purged-early"
  | "head"
  | "stale";

export interface Finding {
  readonly kind: FindingKind;
  /** Where: a line of the export, or a head's day. */
  readonly at: string;
}

export interface AuditResult {
  readonly findings: readonly Finding[];
  readonly events: number;
  /** Of which only place and hash are left. */
  readonly purged: number;
  readonly consents: number;
  /** Events behind the newest head: their order and their number are nobody's word yet. */
  readonly uncovered: number;
}

const NOTHING: LedgerHead = { day: "", events: 0, hash: "" };

/** A relay signs one a day, and one run may fail. */
const HEAD_DUE = 2 * DAY;

export interface AuditOptions {
  readonly part?: boolean;
  readonly asOf?: number;
}

/** Entries one by one, so that an export need not fit into memory; only each consent's newest event is kept. */
export class LedgerAudit {
  readonly #heads: readonly LedgerHead[];
  readonly #part: boolean;
  readonly #boundaries: ReadonlySet<number>;
  readonly #chains = new Map<string, { position: number; hash: string; ended: boolean }>();
  readonly #findings: Finding[] = [];
  /** Heads of which all has been seen. */
  #closed = 0;
  #line = 0;
  #place = 0;
  #link = "";
  #purgedSinceHead = false;
  #events = 0;
  #purged = 0;
  #uncovered = 0;

  /**
   * @param heads oldest first; that they are the relay's has been verified
   * @param options.part it is not the whole ledger but consents picked from it, each whole: places may be left out.
   *   Heads cover the whole and say nothing of a part: give none
   * @param options.asOf ms since 1970, when the heads are all that the relay publishes then: without a young one, what
   *   came since the newest, or a whole ledger, could be cut off or made up
   */
  constructor(heads: readonly LedgerHead[], { part = false, asOf }: AuditOptions = {}) {
    this.#heads = heads;
    this.#part = part;
    this.#boundaries = new Set([0, ...heads.map(({ events }) => events)]);
    for (const [i, head] of heads.entries()) {
      const before = heads[i - 1] ?? NOTHING;
      const same = head.events === before.events;
      if (head.day <= before.day || head.events < before.events || (same && head.hash !== before.hash))
        this.#findings.push({ kind: "head", at: head.day });
    }
    const newest = heads.at(-1);
    if (asOf !== undefined && (newest === undefined || Date.parse(newest.day) + DAY + HEAD_DUE <= asOf))
      this.#findings.push({ kind: "stale", at: newest === undefined ? "heads" : `head of ${newest.day}` });
  }

  /** What is wrong with `line`, were it the next. Changes nothing. */
  check(line: string): Finding[] {
    const entry = parseLedgerLine(line);
    return this.#check(entry).map((kind) => ({ kind, at: `line ${this.#line + 1}` }));
  }

  take(line: string): void {
    this.#findings.push(...this.check(line));
    this.#line++;
    const entry = parseLedgerLine(line);
    if (entry === undefined) return;
    if (entry.place > this.#place) this.#closeBefore(entry.place);
    this.#link = linkOf(this.#link, entry.place, entry.hash);
    this.#place = Math.max(this.#place, entry.place);
    if (entry.place > (this.#heads.at(-1)?.events ?? 0)) this.#uncovered++;
    if (isPurged(entry)) {
      this.#purged++;
      this.#purgedSinceHead = true;
    } else {
      this.#events++;
      const { consentId, position, hash, kind } = entry;
      this.#chains.set(consentId, { position, hash, ended: endsConsent(kind) });
    }
  }

  finish(): AuditResult {
    this.#closeBefore(Number.POSITIVE_INFINITY);
    return {
      findings: this.#findings,
      events: this.#events,
      purged: this.#purged,
      consents: this.#chains.size,
      uncovered: this.#uncovered,
    };
  }

  #check(entry: LedgerEntry | undefined): FindingKind[] {
    if (entry === undefined) return ["malformed"];
    const kinds: FindingKind[] = [];
    if (entry.place <= this.#place) kinds.push("reordered");
    else if (entry.place > this.#place + 1 && !this.#maySkipTo(entry.place)) kinds.push("missing");
    if (!isPurged(entry)) kinds.push(...this.#checkEvent(entry));
    else if (entry.place > (this.#heads.at(-1)?.events ?? 0)) kinds.push("purged-early");
    return kinds;
  }

  #checkEvent(event: LedgerEvent): FindingKind[] {
    const named = event.noticeHash !== null && event.statementHash !== null;
    const unnamed = event.noticeHash === null && event.statementHash === null;
    if (eventHash(event) !== event.hash) return ["changed"];
    if ((event.position === 0) !== (event.kind === "granted")) return ["changed"];
    if (namesStatement(event.kind) ? !named : !unnamed) return ["changed"];
    const before = this.#chains.get(event.consentId);
    if (event.position > (before === undefined ? 0 : before.position + 1)) return ["missing"];
    if (before === undefined) return event.previousHash === null ? [] : ["changed"];
    if (event.position <= before.position) return ["reordered"];
    return event.previousHash === before.hash && !before.ended ? [] : ["changed"];
  }

  /** Of the whole, places are left out only where all that a head added has been purged. */
  #maySkipTo(place: number): boolean {
    return this.#part || (this.#boundaries.has(this.#place) && this.#boundaries.has(place - 1));
  }

  /** Compares with every head that covers nothing from `place` on. */
  #closeBefore(place: number): void {
    for (let head = this.#heads[this.#closed]; head !== undefined; head = this.#heads[++this.#closed]) {
      if (head.events >= place) return;
      const before = this.#heads[this.#closed - 1] ?? NOTHING;
      const whole = this.#place === head.events;
      const gone = head.events > before.events && this.#place <= before.events;
      if (whole && this.#link !== head.hash) this.#report("changed", head);
      if (!whole && !gone) this.#report(place === Number.POSITIVE_INFINITY ? "cut-off" : "missing", head);
      if ((gone || this.#purgedSinceHead) && !this.#isPastItsTime(before, head))
        this.#report(gone && place === Number.POSITIVE_INFINITY ? "cut-off" : "purged-early", head);
      // From here on by the head's own word, so that one fault is not found again at each later head.
      this.#link = head.hash;
      this.#place = Math.max(this.#place, head.events);
      this.#purgedSinceHead = false;
    }
  }

  /** Whether all that `head` added may have been purged by the day of the newest head: the run that purges signs first. */
  #isPastItsTime(before: LedgerHead, head: LedgerHead): boolean {
    const newest = this.#heads.at(-1) ?? head;
    return Date.parse(before.day || head.day) + EVENT_KEPT <= Date.parse(newest.day) + DAY - 1;
  }

  #report(kind: FindingKind, head: LedgerHead): void {
    this.#findings.push({ kind, at: `head of ${head.day}` });
  }
}

/** All of an export at once; heads and options as {@link LedgerAudit} takes them. */
export function verifyLedger(
  lines: Iterable<string>,
  heads: readonly LedgerHead[],
  options: AuditOptions = {},
): AuditResult {
  const audit = new LedgerAudit(heads, options);
  for (const line of lines) audit.take(line);
  return audit.finish();
}
