/** Timing of one thing at a time, and a line for each. */

const WARM_UP = 20;

/** Runs `work` for each of `subjects` in turn; the first {@link WARM_UP} are not counted. In ms, sorted. */
export async function timesOf<T>(subjects: readonly T[], work: (subject: T) => unknown): Promise<number[]> {
  const times: number[] = [];
  for (const [i, subject] of subjects.entries()) {
    const before = performance.now();
    await work(subject);
    if (i >= WARM_UP) times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b);
}

/** Median, and between which values the middle four fifths lie. */
export function printTimes(what: string, times: readonly number[], aimMs?: number): void {
  const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
  const spread = `${milliseconds(at(0.1))} to ${milliseconds(at(0.9))}`;
  const aim = aimMs === undefined ? "" : `under ${aimMs} ms`;
  printLine(what, `${milliseconds(at(0.5))} ms`, spread, aim);
}

export function printLine(what: string, value: string, spread = "", aim = ""): void {
  console.log([what.padEnd(52), value.padStart(11), spread.padStart(17), aim].join("  ").trimEnd());
}

function milliseconds(time: number): string {
  return time.toFixed(time < 0.1 ? 4 : 2);
}
