/**
 * Gathers writes, so that many go down in one transaction and one sync to disk. Each caller's answer waits for it.
 *
 * What is written alone goes down in the microtask after it: it waits for nobody. What comes within a turn of the event
 * loop of that goes down together, at the turn's end; and after a turn that took several, the next to come waits for a
 * turn's end, too, for it is rarely alone.
 */

interface Step {
  readonly work: () => void;
  readonly settle: (error?: unknown) => void;
}

/** Writes that go down together, and what comes right behind them. */
interface Group {
  readonly writes: Step[];
  behind?: Step;
}

export class Gather {
  readonly #commit: (writes: () => void) => void;
  #waiting: Group[] = [];
  /** A turn goes on, at the end of which what waits goes down. */
  #inTurn = false;
  /** The last turn took more than one. */
  #crowded = false;

  /** @param commit runs the writes in one transaction; may act on what was committed; throws when it was not */
  constructor(commit: (writes: () => void) => void) {
    this.#commit = commit;
  }

  /** Whether anything waits for its turn. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns what `write` returned, once it is committed with those beside it; rejects when none of them is */
  add<T>(write: () => T): Promise<T> {
    return this.#wait(write, (step) => this.#last().writes.push(step));
  }

  /**
   * Runs what writes nothing in its place: behind the writes that wait, and before those that are asked for later, which
   * are a transaction of their own then, in the same turn.
   *
   * @returns what `work` returned; rejects when what is before it was not committed
   */
  behind<T>(work: () => T): Promise<T> {
    return this.#wait(work, (step) => {
      this.#last().behind = step;
    });
  }

  /** Everything that waits goes down now, for what comes next must not be before it. */
  flush(): void {
    this.#flush();
  }

  #wait<T>(work: () => T, put: (step: Step) => void): Promise<T> {
    if (this.#waiting.length === 0) this.#begin();
    return new Promise<T>((resolve, reject) => {
      let done: T;
      put({
        work: () => {
          done = work();
        },
        settle: (error) => (error === undefined ? resolve(done) : reject(error)),
      });
    });
  }

  #begin(): void {
    if (this.#inTurn) return;
    if (this.#crowded) this.#turn();
    // A microtask takes one call's writes only: each RPC's run before the next RPC.
    else
      queueMicrotask(() => {
        this.#flush();
        this.#turn();
      });
  }

  #turn(): void {
    this.#inTurn = true;
    setTimeout(() => {
      this.#inTurn = false;
      this.#crowded = this.#flush() > 1;
    }, 0);
  }

  /** The group that takes more. */
  #last(): Group {
    const last = this.#waiting.at(-1);
    if (last !== undefined && last.behind === undefined) return last;
    const next: Group = { writes: [] };
    this.#waiting.push(next);
    return next;
  }

  /** @returns how many went down, or failed to */
  #flush(): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    let failure: unknown;
    for (const { writes, behind } of waiting) {
      // What follows a group that failed fails as well: its turn would come before that of what is repeated.
      failure ??= failureOf(() => {
        if (writes.length > 0) this.#commit(() => run(writes));
      });
      for (const { settle } of writes) settle(failure);
      if (behind === undefined) continue;
      failure ??= failureOf(behind.work);
      behind.settle(failure);
    }
    return waiting.reduce((sum, { writes }) => sum + writes.length, 0);
  }
}

function run(steps: readonly Step[]): void {
  for (const { work } of steps) work();
}

/** @returns undefined when there is none */
function failureOf(work: () => void): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error ?? new Error("not done");
  }
}
