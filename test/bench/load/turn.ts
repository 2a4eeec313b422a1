/** Gathers what comes in one turn of the event loop, so that a recipient acknowledges it at once. Waits for no timer. */
export class Turn<T> {
  readonly #act: (gathered: T[]) => void;
  #gathered: T[] = [];

  constructor(act: (gathered: T[]) => void) {
    this.#act = act;
  }

  add(one: T): void {
    if (this.#gathered.push(one) === 1)
      setImmediate(() => {
        const all = this.#gathered;
        this.#gathered = [];
        this.#act(all);
      });
  }
}
