/**
 * Takes what waits in the queue to its mailboxes: by a deposit socket where there is more than one thing to send, by
 * plain requests otherwise, and again by those for whatever a lost socket left unanswered. Always the same octets.
 */
import { deposit } from "../deposit.ts";
import { finishQueued, listQueued, type Outcome, type Queued } from "../queue.ts";
import type { Sent } from "../sent.ts";
import type { Session } from "../session.ts";
import { Carrier } from "./carrier.ts";
import { type Answered, carryRun, socketReachOf, type Try } from "./carry-run.ts";
import { runLength } from "./run.ts";

export class Depositor {
  readonly #session: Session;
  readonly #carrier: Carrier;
  readonly #tell: (changed: readonly Sent[]) => void;
  /** Queued in this run and never tried: whatever else is queued may have arrived already. */
  readonly #untried = new Set<string>();

  /** @param tell of texts whose state is another now */
  constructor(session: Session, tell: (changed: readonly Sent[]) => void) {
    this.#session = session;
    this.#carrier = new Carrier(session.platform);
    this.#tell = tell;
  }

  /** Names of envelopes that were queued in this run and may be tried as the first to arrive. */
  noteUntried(names: readonly string[]): void {
    for (const name of names) this.#untried.add(name);
  }

  /**
   * All that waits for a device, in the order in which it was sealed. Not twice at the same time for one device.
   *
   * @param mayTry whether anything may be deposited now; else only what is now or never is given up
   * @param together whether something for other devices is about to leave as well
   */
  async depositTo(device: string, mayTry: boolean, together: boolean): Promise<void> {
    const { vault, platform } = this.#session;
    let stuck = !mayTry;
    let waiting = listQueued(vault).filter(([, { to }]) => to === device);
    while (waiting.length > 0) {
      const reach = stuck ? undefined : socketReachOf(this.#session, this.#carrier, device);
      const queue = waiting.map(([, queued]) => queued);
      const length = reach === undefined ? 0 : runLength(queue, platform.now());
      const run = waiting.slice(0, Math.max(1, length)).map(([name, queued]): Try => {
        return { name, queued, first: this.#untried.has(name) };
      });
      const isCarried = reach !== undefined && (length > 1 || (length === 1 && together));
      const answered = isCarried ? await carryRun(this.#session, this.#carrier, reach, run) : undefined;
      if (answered !== undefined) await this.#heard(run, answered);
      if (answered?.some(({ outcome }) => outcome === undefined)) stuck = true;
      const known = new Set(answered?.map(({ name }) => name));
      for (const one of run) if (!known.has(one.name)) stuck = !(await this.#depositOne(one, stuck));
      // What went with its channel while an earlier one was on its way is not there any more.
      waiting = waiting.slice(run.length).filter(([name]) => vault.get(name) !== undefined);
    }
  }

  /** Ends what is open. What was not answered stays in the queue. */
  close(): void {
    this.#carrier.close();
  }

  async #heard(run: readonly Try[], answered: readonly Answered[]): Promise<void> {
    for (const { name } of run) this.#untried.delete(name);
    await this.#finish(answered);
  }

  /** @returns false when it must wait, and those behind it with it */
  async #depositOne({ name, queued }: Try, stuck: boolean): Promise<boolean> {
    if (this.#session.vault.get(name) === undefined) return !stuck;
    const first = this.#untried.has(name);
    if (!stuck) this.#untried.delete(name);
    const outcome = stuck
      ? withoutTrying(queued.ttlSeconds, first)
      : await deposit(this.#session, queued, first);
    await this.#finish([{ name, queued, outcome }]);
    return !stuck && outcome !== undefined;
  }

  async #finish(answered: readonly Answered[]): Promise<void> {
    const { vault, platform } = this.#session;
    const finished = answered.filter(isFinished);
    if (finished.length === 0) return;
    const changed = await vault.transaction((draft) =>
      finished.map(({ name, queued, outcome }) => finishQueued(draft, name, queued, outcome, platform.now())),
    );
    this.#tell(changed.flat());
  }
}

function isFinished(one: Answered): one is Answered & { readonly outcome: Outcome } {
  return one.outcome !== undefined;
}

/** Now or never, and what comes before it can't be deposited now. */
function withoutTrying(ttlSeconds: Queued["ttlSeconds"], first: boolean): Outcome | undefined {
  if (ttlSeconds > 0) return undefined;
  return { state: first ? "expired" : "undecided" };
}
