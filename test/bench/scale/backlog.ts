/** What a message costs when so many are held already: to deposit it, and to drain them all. */
import { numberedBody } from "../load/body.ts";
import { inFlight } from "../load/in-flight.ts";
import { percentile } from "../load/percentile.ts";
import type { Subject } from "../throughput/subject.ts";

/** Deposits on top of a backlog that are timed, one at a time. */
const TIMED = 10;
/** A mailbox holds 1,000. */
const BACKLOGS = [10, 100, 500, 1000 - TIMED];

export interface BacklogFigure {
  readonly backlog: number;
  /** ms, median. */
  readonly deposit: number;
  /** From the device's coming until everything is acknowledged, ms. */
  readonly drain: number;
  /** Seconds of the server's processor for each message drained. */
  readonly drainCpuEach: number;
}

export async function measureBacklogs(subject: Subject): Promise<BacklogFigure[]> {
  const figures: BacklogFigure[] = [];
  for (const backlog of BACKLOGS) {
    await inFlight(16, Array(backlog).keys(), (number) => subject.deposit(0, numberedBody(number)));
    const times: number[] = [];
    for (let i = 0; i < TIMED; i++) {
      const before = performance.now();
      await subject.deposit(0, numberedBody(i));
      times.push(performance.now() - before);
    }
    const cpuBefore = subject.usage().cpu;
    const before = performance.now();
    await subject.drain([backlog + TIMED]);
    const drain = performance.now() - before;
    const drainCpuEach = (subject.usage().cpu - cpuBefore) / (backlog + TIMED);
    figures.push({ backlog, deposit: percentile(times, 0.5), drain, drainCpuEach });
  }
  return figures;
}
