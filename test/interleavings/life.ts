/** One run of a device's process: it may die at a step, and does nothing from then on. */

/** The process is no more. */
class Crash extends Error {
  override readonly name = "Crash";
}

/** The n-th step from now, from 1: before it takes effect, or after it did and before anybody is told. */
export interface Moment {
  readonly at: number;
  readonly after: boolean;
}

/** A step is a write of the vault or a request: what others can see of a process. */
export class Life {
  /** What was done, one entry a step. */
  readonly steps: string[] = [];
  #death: Moment | undefined;
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sets when it dies; never, when nothing is given. */
  plan(death: Moment | undefined): void {
    this.#death = death && { ...death, at: this.steps.length + death.at };
  }

  async step<T>(what: string, take: () => T | Promise<T>): Promise<T> {
    this.#assertAlive(what);
    this.steps.push(what);
    const isLast = this.steps.length === this.#death?.at;
    if (isLast && !this.#death?.after) this.end();
    this.#assertAlive(what);
    const result = await take();
    if (isLast) this.end();
    this.#assertAlive(what);
    return result;
  }

  end(): void {
    this.#isOver = true;
  }

  #assertAlive(what: string): void {
    if (this.#isOver) throw new Crash(`died at ${what}`);
  }
}
