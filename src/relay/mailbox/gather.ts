/**
 * Gathers writes: all that are asked for in one turn of the event loop go down in one transaction, and so in
 * one sync to disk. Each caller's answer waits for it.
 */
export class Gather {
  readonly #commit: (writes: () => void) => void;
  #waiting: { write: () => void; settle: (error?: unknown) => void }[] = [];

  /** @param commit runs the writes in one transaction; may act on what was committed; throws when it was not */
  constructor(commit: (writes: () => void) => void) {
    this.#commit = commit;
  }

  /** Whether writes wait for their transaction. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** @returns what `write` returned, once all of the turn's writes are committed; rejects when none is */
  add<T>(write: () => T): Promise<T> {
    // A microtask would not do: each RPC is a turn of its own, and its microtasks run before the next RPC's.
    if (this.#waiting.length === 0) setTimeout(() => this.#flush(), 0);
    return new Promise<T>((resolve, reject) => {
      let written: T;
      this.#waiting.push({
        write: () => {
          written = write();
        },
        settle: (error) => (error === undefined ? resolve(written) : reject(error)),
      });
    });
  }

  #flush(): void {
    const gathered = this.#waiting;
    this.#waiting = [];
    let failure: unknown;
    try {
      this.#commit(() => {
        for (const { write } of gathered) write();
      });
    } catch (error) {
      failure = error ?? new Error("not committed");
    }
    for (const { settle } of gathered) settle(failure);
  }
}
