import type { Figure, Spread } from "../throughput/figures.ts";
import type { Ratio } from "../throughput/ratios.ts";
import { milliseconds, octets, share, type Table, whole } from "./table.ts";

const HEAD = [
  "",
  "a second",
  "least–most",
  "answered in",
  "drained a second",
  "server",
  "load",
  "to disk each",
  "limit",
];

/** A table a case, the fastest first. */
export function throughputTables(figures: readonly Figure[]): Table[] {
  return [...Map.groupBy(figures, (figure) => figure.case)].map(([title, list]) => {
    const sorted = list.toSorted((a, b) => b.rate.median - a.rate.median);
    const rows = sorted.map((figure) => [
      figure.subject,
      whole(figure.rate.median),
      range(figure.rate),
      milliseconds(figure.latency),
      figure.drained === undefined ? "" : whole(figure.drained.median),
      share(figure.serverCpu),
      share(figure.loadCpu),
      octets(figure.writtenEach),
      figure.limit,
    ]);
    return { title, head: HEAD, rows };
  });
}

export function ratioTable(ratios: readonly Ratio[]): Table {
  const rows = ratios.map(({ what, aim, value }) => [
    what,
    value === undefined ? "–" : value.toFixed(2),
    `≥ ${aim}`,
    value === undefined ? "not measured" : value >= aim ? "reached" : "missed",
  ]);
  return {
    title: "Ratios that are aimed at, from the medians of this run",
    head: ["", "ratio", "aim", ""],
    rows,
  };
}

function range({ low, high }: Spread): string {
  return `${whole(low)}–${whole(high)}`;
}
