/** One subject, one case, one go: how much, how fast, and who was busy meanwhile. */
import { numberedBody } from "../load/body.ts";
import { inFlight as inTurn } from "../load/in-flight.ts";
import { within } from "../load/patience.ts";
import { ownCpu, type Usage } from "../machine/usage.ts";
import type { AnySubject, Shape } from "./subject.ts";

/** Ends what hangs, ms. */
const PATIENCE = 30_000;

/**
 * Held messages of a mailbox before it is drained: below the 1,000 that fit one of Restante's. Of many mailboxes each
 * gets fewer, so that one go does not last long.
 */
const HELD_IN_ONE = 900;
const HELD_IN_EACH = 5;

/** Live messages in flight to one mailbox: what it shows at a time is 64, and what does not fit is held. */
const LIVE_IN_ONE = 60;

const WOKEN_AT_ONCE = 16;

/** Draining may take longer than storing; it is not waited for beyond this. */
const MOST_TIMES = 4;

export interface Case {
  readonly shape: Shape;
  readonly inFlight: number;
  readonly mailboxes: number;
}

export interface Measurement {
  readonly messages: number;
  /** Until all were answered, s. */
  readonly seconds: number;
  /** Of held ones: from the recipients' coming until the last acknowledgement, s. */
  readonly drainSeconds: number;
  /** From a deposit to its answer, and to its arrival if somebody was there: median, ms. */
  readonly latency: number;
  /** Shares of one core, while deposits were made. */
  readonly serverCpu: number;
  readonly loadCpu: number;
  /** Octets to the disk for each message, the same. */
  readonly writtenEach: number;
}

/** Numbers are never used twice, so that a straggler of one go is not taken for a message of the next. */
let numbers = 0;

/** What has been quiet for ten seconds is asleep on the platform, and whoever is woken while it is measured is slower. */
export async function wake(subject: AnySubject, mailboxes: number): Promise<void> {
  await inTurn(WOKEN_AT_ONCE, Array(mailboxes).keys(), (mailbox) =>
    subject.deposit(mailbox, numberedBody(numbers++)),
  );
}

/** With recipients connected already: see {@link arrivals}. */
export async function measureLive(
  subject: AnySubject,
  { inFlight, mailboxes }: Case,
  ms: number,
): Promise<Measurement> {
  const watch = new Watch(subject);
  watch.begin();
  const until = performance.now() + ms;
  let sent = 0;
  const latencies: number[] = [];
  const sending = async () => {
    while (performance.now() < until) {
      const number = numbers++;
      const before = performance.now();
      const arrived = subject.arrives === false ? undefined : arrivals.expect(number);
      await Promise.all([subject.deposit(sent++ % mailboxes, numberedBody(number)), arrived]);
      latencies.push(performance.now() - before);
    }
  };
  const length = deposited(subject, inFlight, LIVE_IN_ONE * mailboxes);
  await within(PATIENCE, `${subject.name}, live`, Promise.all(Array.from({ length }, sending)));
  watch.end();
  return watch.measured(latencies, 0);
}

/** Stores and drains in turn until storing has taken `ms`, or all of it several times as long. */
export async function measureHeld(
  subject: AnySubject,
  { inFlight, mailboxes }: Case,
  ms: number,
): Promise<Measurement> {
  const watch = new Watch(subject);
  const latencies: number[] = [];
  const most = mailboxes === 1 ? HELD_IN_ONE : mailboxes * HELD_IN_EACH;
  const length = deposited(subject, inFlight, HELD_IN_ONE);
  let [stored, drained] = [0, 0];
  while (stored < ms && stored + drained < MOST_TIMES * ms) {
    const counts = Array<number>(mailboxes).fill(0);
    watch.begin();
    const began = performance.now();
    let sent = 0;
    const storing = async () => {
      while (sent < most && stored + performance.now() - began < ms) {
        const mailbox = sent++ % mailboxes;
        const before = performance.now();
        await subject.deposit(mailbox, numberedBody(numbers++));
        latencies.push(performance.now() - before);
        counts[mailbox] = (counts[mailbox] ?? 0) + 1;
      }
    };
    await within(PATIENCE, `${subject.name}, storing`, Promise.all(Array.from({ length }, storing)));
    const between = performance.now();
    watch.end();
    const draining = performance.now();
    await within(PATIENCE, `${subject.name}, draining`, subject.drain(counts));
    stored += between - began;
    drained += performance.now() - draining;
  }
  return watch.measured(latencies, drained / 1000);
}

/** Deposits that are unanswered at a time; whoever sends several at once sends no more than `most`. */
function deposited({ batch }: AnySubject, inFlight: number, most: number): number {
  return batch === undefined ? inFlight : Math.min(inFlight * batch, most);
}

/** Who waits for which number to arrive. */
class Arrivals {
  readonly #waiting = new Map<number, () => void>();

  expect(number: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(number, resolve));
  }

  readonly arrived = (number: number): void => {
    this.#waiting.get(number)?.();
    this.#waiting.delete(number);
  };
}

/** Hand its `arrived` to {@link AnySubject.connect}. */
export const arrivals = new Arrivals();

/** Who was busy while deposits were made, draining left out. */
class Watch {
  readonly #subject: AnySubject;
  readonly #sum = { seconds: 0, serverCpu: 0, loadCpu: 0, written: 0 };
  #from: { at: number; server: Usage; load: number } | undefined;

  constructor(subject: AnySubject) {
    this.#subject = subject;
  }

  begin(): void {
    const server = this.#subject.usage();
    this.#from = { server, load: ownCpu(), at: performance.now() };
  }

  end(): void {
    if (this.#from === undefined) throw new Error("not begun");
    const { at, server, load } = this.#from;
    this.#sum.seconds += (performance.now() - at) / 1000;
    this.#sum.loadCpu += ownCpu() - load;
    const usage = this.#subject.usage();
    this.#sum.serverCpu += usage.cpu - server.cpu;
    this.#sum.written += usage.written - server.written;
  }

  measured(latencies: number[], drainSeconds: number): Measurement {
    const { seconds, serverCpu, loadCpu, written } = this.#sum;
    latencies.sort((a, b) => a - b);
    return {
      messages: latencies.length,
      ...{ seconds, drainSeconds },
      latency: latencies[Math.floor(latencies.length / 2)] ?? 0,
      serverCpu: serverCpu / seconds,
      loadCpu: loadCpu / seconds,
      writtenEach: written / Math.max(latencies.length, 1),
    };
  }
}
