/** Every case of every subject, again and again, the order turned round each time: a slow minute hits all alike. */
import { within } from "../load/patience.ts";
import { arrivals, type Case, type Measurement, measureHeld, measureLive, wake } from "./measurement.ts";
import type { AnySubject, Shape } from "./subject.ts";

/** Ends what hangs, ms. */
const PATIENCE = 30_000;
const IN_FLIGHT = [1, 64];
const WARM_UP_MS = 150;

export const MANY_MAILBOXES = 200;
export const CASES: readonly Case[] = (["live", "held"] as const).flatMap((shape: Shape) =>
  [1, MANY_MAILBOXES].flatMap((mailboxes) => IN_FLIGHT.map((inFlight) => ({ shape, mailboxes, inFlight }))),
);

export function nameOf({ shape, inFlight, mailboxes }: Case): string {
  return `${shape}, ${mailboxes} ${mailboxes === 1 ? "mailbox" : "mailboxes"}, ${inFlight} in flight`;
}

/** By case and subject; what failed has its reason in `failures` and its other measurements here. */
export interface Results {
  readonly measured: Map<string, Map<string, Measurement[]>>;
  readonly failures: string[];
}

export async function runRounds(
  subjects: readonly AnySubject[],
  options: { rounds: number; ms: number; tell: (what: string) => void },
): Promise<Results> {
  const results: Results = { measured: new Map(), failures: [] };
  for (let round = 0; round <= options.rounds; round++) {
    options.tell(round === 0 ? "warming up" : `round ${round} of ${options.rounds}`);
    const ms = round === 0 ? WARM_UP_MS : options.ms;
    for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
      const began = performance.now();
      for (const mailboxes of [1, MANY_MAILBOXES]) {
        const cases = CASES.filter(
          (one) => one.mailboxes === mailboxes && subject.shapes.includes(one.shape),
        );
        const add = (one: Case, measured: Measurement) => {
          if (round > 0) listOf(results, nameOf(one), subject.name).push(measured);
        };
        try {
          await runCases(subject, cases, ms, add);
        } catch (error) {
          results.failures.push(`${subject.name}, ${mailboxes} mailboxes: ${(error as Error).message}`);
          await within(PATIENCE, subject.name, subject.disconnect()).catch(() => undefined);
        }
      }
      options.tell(`  ${subject.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
  }
  return results;
}

async function runCases(
  subject: AnySubject,
  cases: readonly Case[],
  ms: number,
  add: (one: Case, measured: Measurement) => void,
): Promise<void> {
  const live = cases.filter(({ shape }) => shape === "live");
  const [first] = live;
  if (first !== undefined) {
    if (subject.arrives !== false)
      await within(
        PATIENCE,
        `${subject.name}, connecting`,
        subject.connect(first.mailboxes, arrivals.arrived),
      );
    await within(PATIENCE, `${subject.name}, waking`, wake(subject, first.mailboxes));
    for (const one of live) add(one, await measureLive(subject, one, ms));
    await within(PATIENCE, `${subject.name}, disconnecting`, subject.disconnect());
  }
  const held = cases.filter(({ shape }) => shape === "held");
  if (first === undefined && held[0] !== undefined) {
    const { mailboxes } = held[0];
    await within(PATIENCE, `${subject.name}, waking`, wake(subject, mailboxes));
    await within(PATIENCE, `${subject.name}, draining`, subject.drain(Array<number>(mailboxes).fill(1)));
  }
  for (const one of held) add(one, await measureHeld(subject, one, ms));
}

function listOf(results: Results, name: string, subject: string): Measurement[] {
  const bySubject = results.measured.get(name) ?? new Map<string, Measurement[]>();
  results.measured.set(name, bySubject);
  const list = bySubject.get(subject) ?? [];
  bySubject.set(subject, list);
  return list;
}
