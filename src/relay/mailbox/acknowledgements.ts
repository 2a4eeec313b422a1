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

type Results = ErasedFrame["results"];

interface Rooms {
  readonly guard: Guard;
  readonly store: Store;
  readonly delivery: Delivery;
  readonly now: () => number;
}

/** Tells the senders who wait, and returns what tells the device. Neither throws. */
type Settle = () => () => void;

export class Acknowledgements {
  readonly #rooms: Rooms;
  readonly #gather: Gather;
  /** Of the transaction that is being made. */
  #settling: Settle[] = [];

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#gather = new Gather((writes) => this.#commit(writes));
  }

  /**
   * @param confirm tells the device what came of it, once the rows are gone; of several that it sends, in the order in
   *   which they came
   * @returns what `confirm` returned
   */
  async take<T>(
    ids: readonly number[],
    confirm: (results: Results) => T,
  ): Promise<T | NoConsent | Unavailable> {
    const { guard, store, delivery, now } = this.#rooms;
    const taken = guard.asDevice((at) => {
      // What is in no table costs no transaction.
      if (this.#gather.isWaiting || !delivery.areUnstored(ids)) return undefined;
      const confirmed = confirm(delivery.acknowledged(ids, [], at));
      delivery.drain(at);
      return confirmed;
    });
    if (taken !== undefined) return taken;
    let answer = NO_CONSENT as T | NoConsent | Unavailable;
    try {
      await this.#gather.add(() => {
        const at = now();
        // Withdrawn since it came: there is nothing left to erase.
        if (store.state.read().status !== "open") return;
        const erased = ids.map((id) => store.erase(id, at));
        this.#settling.push(() => {
          const results = delivery.acknowledged(ids, erased, at);
          return () => {
            answer = attempt(() => confirm(results));
          };
        });
      });
      return answer;
    } catch (error) {
      return failed(error);
    }
  }

  /**
   * For what came after them and must not be first: the end of their socket, a newer one, a revocation, a withdrawal, a
   * question what is held. Not for a socket that breaks while it is sent something: that may be in this very commit.
   */
  flush(): void {
    this.#gather.flush();
  }

  #commit(writes: () => void): void {
    const { store, delivery, now } = this.#rooms;
    this.#settling = [];
    store.transaction(writes);
    // All senders first: telling the device may find that its socket has broken, and then nobody is waited for.
    for (const tell of this.#settling.map((settle) => settle())) tell();
    if (this.#settling.length > 0) delivery.drain(now());
  }
}

function attempt<T>(work: () => T): T | Unavailable {
  try {
    return work();
  } catch (error) {
    return failed(error);
  }
}
