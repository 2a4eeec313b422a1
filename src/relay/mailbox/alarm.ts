/**
 * The object's one alarm. Setting it is a written row, so it is set only when it has to come earlier. It may
 * come for nothing, when what it was for is gone: then it is set for the next end, or not at all.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  #at = Number.POSITIVE_INFINITY;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** On wake: what is set already. */
  async recover(): Promise<void> {
    this.#at = (await this.#storage.getAlarm()) ?? Number.POSITIVE_INFINITY;
  }

  /** It comes at `due` at the latest. */
  by(due: number): void {
    if (due < this.#at) this.#set(due);
  }

  /** It comes at `due`, also if that is later: what it was set for has been seen to. */
  move(due: number): void {
    if (due !== this.#at) this.#set(due);
  }

  /** It is coming now, and is not set any more. */
  fired(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  #set(at: number): void {
    this.#at = at;
    // Not awaited: it goes down with the writes of this turn, and the platform holds the answer until they have.
    void this.#storage.setAlarm(at);
  }
}
