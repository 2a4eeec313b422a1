import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LedgerAudit, verifyLedger } from "../../../src/protocol/ledger/audit.ts";
import { eventHash } from "../../../src/protocol/ledger/event.ts";
import { ExportLines } from "../../../src/protocol/ledger/export-lines.ts";
import { linkOf, readHead } from "../../../src/protocol/ledger/head.ts";
import { formatLedgerLine, type LedgerEvent } from "../../../src/protocol/ledger/line.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { aLedger, dayOf, linesOf } from "./a-ledger.ts";

const kinds = (lines: readonly string[], heads = ledger.heads) => [
  ...new Set(verifyLedger(lines, heads).findings.map(({ kind }) => kind)),
];
/** As `restante audit` reads a file, in pieces. */
function split(octets: Uint8Array, piece = 1000): string[] {
  const lines = new ExportLines();
  const taken: string[] = [];
  for (let from = 0; from < octets.length; from += piece)
    taken.push(...lines.take(octets.subarray(from, from + piece)));
  return [...taken, ...lines.finish()];
}

const ledger = aLedger(60, 10);
const lines = linesOf(ledger);

describe("an export that is whole", () => {
  it("passes, and is counted", () => {
    expect(verifyLedger(lines, ledger.heads)).toEqual({
      ...{ findings: [], events: 60, purged: 0, uncovered: 0 },
      consents: new Set(ledger.events.map(({ consentId }) => consentId)).size,
    });
  });

  it("passes behind its newest head, and it is said how much no head covers", () => {
    expect(verifyLedger(lines, ledger.heads.slice(0, 4))).toMatchObject({ findings: [], uncovered: 20 });
    expect(verifyLedger(lines, [])).toMatchObject({ findings: [], uncovered: 60 });
    expect(verifyLedger([], [])).toMatchObject({ findings: [], events: 0 });
  });

  it("passes against some of its heads, as somebody may have kept them", () => {
    const kept = ledger.heads.filter((_, i) => i % 2 === 1);
    expect(verifyLedger(lines, kept).findings).toEqual([]);
  });

  it("passes with days on which nothing happened", () => {
    const [first, ...rest] = ledger.heads;
    if (first === undefined) throw new Error("no head");
    const empty = { day: dayOf(-1), events: 0, hash: "" };
    const again = { ...ledger.heads[5], day: dayOf(9) } as typeof first;
    expect(verifyLedger(lines, [empty, first, ...rest, again]).findings).toEqual([]);
  });

  it("has hashes that other code makes as well", () => {
    const length = (text: string) =>
      Buffer.concat([Buffer.from([text.length >> 8, text.length & 255]), Buffer.from(text)]);
    const integer = (n: number) => {
      const octets = Buffer.alloc(10);
      octets[1] = 8;
      octets.writeBigUInt64BE(BigInt(n), 2);
      return octets;
    };
    const sha256 = (...parts: Buffer[]) =>
      createHash("sha256").update(Buffer.concat(parts)).digest("base64url");
    let link = "";
    for (const event of ledger.events.slice(0, 10)) {
      const { consentId, position, kind, occurredAt, noticeHash, statementHash, previousHash, hash } = event;
      expect(hash).toBe(
        sha256(
          ...[Buffer.from("restante/event/1\0"), length(consentId), integer(position), length(kind)],
          ...[
            integer(occurredAt),
            length(noticeHash ?? ""),
            length(statementHash ?? ""),
            length(previousHash ?? ""),
          ],
        ),
      );
      link = sha256(Buffer.from("restante/ledger/1\0"), length(link), integer(event.place), length(hash));
    }
    expect(ledger.heads[0]?.hash).toBe(link);
  });
});

describe("a part of an export", () => {
  const id = ledger.events.find(({ kind }) => kind === "withdrawn")?.consentId ?? "";
  const own = lines.filter((line) => line.includes(id));
  const kindsOfPart = (part: readonly string[]) =>
    verifyLedger(part, [], { part: true }).findings.map(({ kind }) => kind);

  it("is whole where each of its consents is, whatever lies between", () => {
    expect(own.length).toBeGreaterThan(2);
    expect(kinds(own, [])).toEqual(["missing"]);
    expect(kindsOfPart(own)).toEqual([]);
  });

  it("for want of an event of a consent, or with one changed or moved, is found out", () => {
    expect(kindsOfPart(own.slice(1))).toContain("missing");
    expect(kindsOfPart(own.toSpliced(1, 1))).toEqual(["missing"]);
    expect(kindsOfPart(own.map((line) => line.replace('"withdrawn"', '"lapsed"')))).toEqual(["changed"]);
    expect(kindsOfPart([...own].reverse())).toContain("reordered");
  });
});

describe("an export's lines", () => {
  it("end with a line feed and with nothing else, in whatever pieces they come", () => {
    const text = "a\r\nb\rc\u2028d\u0085\n\n\ufeffe – é\nf";
    for (const piece of [1, 2, 3, 5, 1000])
      expect(split(Buffer.from(text), piece)).toEqual(["a\r", "b\rc\u2028d\u0085", "", "\ufeffe – é", "f"]);
    expect(split(Buffer.from("a\n"))).toEqual(["a"]);
    expect(split(Buffer.from(""))).toEqual([]);
  });
});

describe("an export that is not whole", () => {
  it("with any byte of 1,000 events changed is found out at that line", () => {
    const large = aLedger(1000, 1000);
    const audit = new LedgerAudit(large.heads);
    let bytes = 0;
    for (const line of linesOf(large)) {
      const octets = Buffer.from(line);
      for (let i = 0; i < octets.length; i++) {
        const octet = octets[i] ?? 0;
        // Another bit each time; the whole of them below, on a smaller export.
        octets[i] = octet ^ (1 << (bytes++ & 7));
        if (audit.check(octets.toString()).length === 0) throw new Error(`not found: ${octets} for ${line}`);
        octets[i] = octet;
      }
      audit.take(line);
    }
    expect(bytes).toBeGreaterThan(250_000);
    expect(audit.finish()).toMatchObject({ findings: [], events: 1000 });
  }, 30_000);

  it("with a byte changed into any other is found out, line ends included", () => {
    const small = aLedger(12, 4);
    const text = `${linesOf(small).join("\n")}\n`;
    const audited = (changed: string) => verifyLedger(split(Buffer.from(changed)), small.heads).findings;
    expect(audited(text)).toEqual([]);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const octets = Buffer.from(text);
        octets[at] = (octets[at] ?? 0) ^ change;
        expect(verifyLedger(split(octets), small.heads).findings).not.toEqual([]);
      }),
      { numRuns: 1000 },
    );
    for (const at of [...text].flatMap((octet, i) => (octet === "\n" ? [i] : [])))
      for (const other of ["\r", " ", ",", "\0"])
        expect(audited(text.slice(0, at) + other + text.slice(at + 1))).not.toEqual([]);
  });

  it("for want of one event, wherever it was, is found out", () => {
    for (let i = 0; i < lines.length; i++) expect(kinds(lines.toSpliced(i, 1)), String(i)).not.toEqual([]);
    expect(kinds(lines.toSpliced(25, 1))).toContain("missing");
  });

  it("for want of a whole consent, or of a whole day, is found out", () => {
    const ids = new Set(ledger.events.map(({ consentId }) => consentId));
    for (const id of ids) expect(kinds(lines.filter((line) => !line.includes(id)))).not.toEqual([]);
    expect(kinds(lines.toSpliced(20, 10))).toEqual(expect.arrayContaining(["purged-early"]));
  });

  it("with its end cut off is found out, by one event or by days", () => {
    for (const length of [59, 55, 50, 31, 0])
      expect(kinds(lines.slice(0, length)), String(length)).toEqual(["cut-off"]);
  });

  it("with two events changed about, or one twice, is found out", () => {
    for (let i = 1; i < lines.length; i++) {
      const [a = "", b = ""] = [lines[i - 1], lines[i]];
      expect(kinds(lines.toSpliced(i - 1, 2, b, a)), String(i)).toContain("reordered");
      expect(kinds(lines.toSpliced(i, 0, b))).toContain("reordered");
    }
  });

  it("with places given anew, so that nothing seems to be missing, is found out by the heads alone", () => {
    const id = ledger.events.findLast(({ kind }) => kind === "withdrawn")?.consentId;
    const left = ledger.events
      .filter(({ consentId }) => consentId !== id)
      .map((event, i) => formatLedgerLine({ ...event, place: i + 1 }));
    expect(kinds(left, [])).toEqual([]);
    expect(kinds(left)).not.toEqual([]);
  });

  it("with an event made up, its hash recomputed, is found out", () => {
    for (const [i, event] of ledger.events.entries()) {
      const { hash: _, place, ...rest } = { ...event, occurredAt: event.occurredAt + 1 };
      const forged: LedgerEvent = { place, ...rest, hash: eventHash(rest) };
      expect(kinds(lines.toSpliced(i, 1, formatLedgerLine(forged)))).toContain("changed");
    }
  });

  it("with events after a consent's end, or without a beginning, is found out", () => {
    const end = ledger.events.find(({ kind }) => kind === "withdrawn");
    if (end === undefined) throw new Error("no end");
    const after = { ...end, position: end.position + 1, previousHash: end.hash, place: 61 };
    const line = formatLedgerLine({ ...after, hash: eventHash(after) });
    expect(kinds([...lines, line])).toEqual(["changed"]);
    const alone = { ...end, consentId: "A".repeat(22), place: 61 };
    expect(kinds([...lines, formatLedgerLine({ ...alone, hash: eventHash(alone) })])).toEqual(["missing"]);
  });

  it("with anything else between is found out", () => {
    for (const junk of ["", "{}", "null", "[]", "1", '{"place":61}', ` ${lines[0]}`, `${lines[0]} `, "{"])
      expect(kinds([...lines, junk]), junk).toEqual(["malformed"]);
  });
});

describe("what was purged", () => {
  const years = (n: number) => dayOf(n * 365);
  const later = (days: number) => [
    ...ledger.heads,
    { ...ledger.heads[5], day: dayOf(days) } as (typeof ledger.heads)[0],
  ];
  const purged = (line: string) => line.replace(/"consentId".*"hash"/, '"hash"');
  const ofConsent = (id: string) => lines.map((line) => (line.includes(id) ? purged(line) : line));
  const ended = ledger.events.find(({ kind }) => kind === "withdrawn")?.consentId ?? "";

  it("leaves its hash, and the export is whole after its time", () => {
    expect(verifyLedger(ofConsent(ended), later(4 * 365))).toMatchObject({ findings: [], purged: 3 });
  });

  it("may leave nothing of what one head added", () => {
    const gone = later(4 * 365);
    const day = new Set(ledger.events.slice(0, 10).map(({ consentId }) => consentId));
    const left = lines
      .map((line) => ([...day].some((id) => line.includes(id)) ? purged(line) : line))
      .slice(10);
    expect(verifyLedger(left, gone).findings).toEqual([]);
    expect(kinds(left.slice(1), gone)).toContain("missing");
  });

  it("before its time is found out", () => {
    expect(kinds(ofConsent(ended), later(2 * 365))).toEqual(["purged-early"]);
    expect(kinds(ofConsent(ended))).toEqual(["purged-early"]);
    expect(kinds(lines.slice(10), later(2 * 365))).toContain("purged-early");
    expect(years(4)).not.toBe(years(2));
  });

  it("in part is found out: a chain goes as a whole", () => {
    const last = lines.findIndex((line) => line.includes(ended) && line.includes("withdrawn"));
    const first = lines.findIndex((line) => line.includes(ended));
    expect(
      kinds(
        lines.map((line, i) => (i === first ? purged(line) : line)),
        later(4 * 365),
      ),
    ).toContain("missing");
    expect(last).toBeGreaterThan(first);
  });
});

describe("heads", () => {
  it("that contradict each other are found out", () => {
    const [a, b] = ledger.heads as [(typeof ledger.heads)[0], (typeof ledger.heads)[0]];
    expect(kinds(lines, [b, a])).toContain("head");
    expect(kinds(lines, [a, { ...b, day: a.day }])).toContain("head");
    expect(kinds(lines, [a, { ...a, day: b.day, hash: b.hash }])).toContain("head");
    expect(kinds(lines, [a, { ...b, hash: linkOf(b.hash, 1, b.hash) }])).toEqual(["changed"]);
  });

  it("that the relay stopped to sign, or never signed, prove nothing of today", () => {
    const noon = Date.parse(ledger.heads.at(-1)?.day ?? "") + DAY / 2;
    const asOf = (at: number, heads = ledger.heads) => verifyLedger(lines, heads, { asOf: at }).findings;
    for (const days of [0, 1, 2]) expect(asOf(noon + days * DAY)).toEqual([]);
    expect(asOf(noon + 3 * DAY)).toEqual([{ kind: "stale", at: `head of ${ledger.heads.at(-1)?.day}` }]);
    expect(asOf(noon, [])).toEqual([{ kind: "stale", at: "heads" }]);
  });

  it("are read from claims of the right form only", () => {
    const good = { day: "2026-11-25", events: 3, hash: "h" };
    expect(readHead({ ...good, iat: 1, jurisdiction: "" })).toEqual(good);
    for (const bad of [
      ...[null, undefined, 1, "x", {}],
      ...[
        { ...good, day: "2026-13-45" },
        { ...good, day: 1 },
        { ...good, events: -1 },
        { ...good, events: 1.5 },
      ],
      ...[
        { ...good, hash: "" },
        { ...good, events: 0 },
        { ...good, hash: 1 },
      ],
    ])
      expect(readHead(bad)).toBeUndefined();
  });
});
