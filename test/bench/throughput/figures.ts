/** Medians with their spread, and what limited them: pure, from what was measured. */
import type { Case, Measurement } from "./measurement.ts";
import { CASES, nameOf, type Results } from "./rounds.ts";

/** From this share of a core on, it is the processor that limits. */
const BUSY = 0.85;

/** From so many octets a message on, each waits for the disk: less is what a database does by itself now and then. */
const WRITES = 512;

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface Figure {
  readonly case: string;
  readonly subject: string;
  /** Messages a second, answered. For held ones: stored. */
  readonly rate: Spread;
  /** Messages a second from the recipients' coming to the last acknowledgement; held only. */
  readonly drained?: Spread;
  /** ms from deposit to answer. */
  readonly latency: number;
  readonly serverCpu: number;
  readonly loadCpu: number;
  readonly writtenEach: number;
  readonly limit: string;
}

export function figuresOf({ measured }: Results): Figure[] {
  return CASES.flatMap((one) =>
    [...(measured.get(nameOf(one)) ?? [])].map(([subject, list]) => figureOf(one, subject, list)),
  );
}

export function figureOf(one: Case, subject: string, list: readonly Measurement[]): Figure {
  const median = (of: (one: Measurement) => number) => spread(list.map(of)).median;
  const [serverCpu, loadCpu] = [median((each) => each.serverCpu), median((each) => each.loadCpu)];
  const writtenEach = median(({ writtenEach }) => writtenEach);
  return {
    ...{ case: nameOf(one), subject, serverCpu, loadCpu, writtenEach },
    rate: spread(list.map(({ messages, seconds }) => messages / seconds)),
    ...(one.shape === "held" && {
      drained: spread(list.map(({ messages, drainSeconds }) => messages / drainSeconds)),
    }),
    latency: median(({ latency }) => latency),
    limit: limitOf({ serverCpu, loadCpu, writtenEach, inFlight: one.inFlight }),
  };
}

/** Whoever was busy all the time; if nobody was, what everybody waited for. */
export function limitOf(one: {
  serverCpu: number;
  loadCpu: number;
  writtenEach: number;
  inFlight: number;
}): string {
  const { serverCpu, loadCpu } = one;
  if (serverCpu === 0 || !Number.isFinite(serverCpu + loadCpu)) return "unknown";
  if (Math.max(serverCpu, loadCpu) >= BUSY) return serverCpu >= loadCpu ? "server" : "load";
  if (one.writtenEach >= WRITES) return "disk";
  return one.inFlight === 1 ? "round trip" : "waiting";
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, low: at(0), high: at(sorted.length - 1) };
}
