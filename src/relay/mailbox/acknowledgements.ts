/**
 * What the device says that it has. The rows go in one transaction with those of what else it acknowledges within the
 * turn, and what is shown next is shown once for all of them: a backlog is drained by many small acknowledgements.
 */
import type { ErasedFrame } from "../../protocol/frames.ts";
import type { NoConsent, Unavailable } from "./calls.ts";
import type { Delivery } from "./delivery.ts";
import { Gather } from "./gather.ts";
import { failed, type Guard, NO_CONSENT } from "./guard.ts";
import type { Store } from "./store.ts";

interface Rooms {
  readonly guard: Guard;
  readonly store: Store;
  readonly delivery: Delivery;
  readonly now: () => number;
}

export class Acknowledgements {
  readonly #rooms: Rooms;
  readonly #gather: Gather;
  /** Of the transaction that is being made. */
  #confirmations: (() => void)[] = [];

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#gather = new Gather((writes) => this.#commit(writes));
  }

  /**
   * @param confirm tells the device what came of it, once the rows are gone and before it is shown more; of several
   *   that it sends, in the order in which they came
   * @returns what `confirm` returned
   */
  async take<T>(
    ids: readonly number[],
    confirm: (results: ErasedFrame["results"]) => T,
  ): Promise<T | NoConsent | Unavailable> {
    const { guard, store, delivery, now } = this.#rooms;
    // What is in no table costs no transaction.
    if (!this.#gather.isWaiting && delivery.areUnstored(ids))
      return guard.asDevice((at) => {
        const confirmed = confirm(delivery.acknowledged(ids, [], at));
        delivery.drain(at);
        return confirmed;
      });
    let answer = NO_CONSENT as T | NoConsent;
    try {
      await this.#gather.add(() => {
        const at = now();
        if (!guard.isHere(at)) return;
        const erased = ids.map((id) => store.erase(id, at));
        this.#confirmations.push(() => {
          answer = confirm(delivery.acknowledged(ids, erased, at));
        });
      });
      return answer;
    } catch (error) {
      return failed(error);
    }
  }

  #commit(writes: () => void): void {
    const { store, delivery, now } = this.#rooms;
    this.#confirmations = [];
    store.transaction(writes);
    for (const confirm of this.#confirmations) confirm();
    if (this.#confirmations.length > 0) delivery.drain(now());
  }
}
