import type { Figure, Spread } from "../throughput/figures.ts";
import { milliseconds, octets, printTable, share, whole } from "./table.ts";

const HEAD = ["", "a second", "least–most", "answered in", "drained a second", "server", "load", "to disk each", "limit"];

/** A table a case, the fastest first. */
export function printFigures(figures: readonly Figure[]): void {
  for (const [name, list] of Map.groupBy(figures, (figure) => figure.case)) {
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
    printTable(name, HEAD, rows);
  }
}

function range({ low, high }: Spread): string {
  return `${whole(low)}–${whole(high)}`;
}
