/** Lets each sender do what it may, and gathers what they all write. */
import type { DepositItem, DepositItemOutcome, Pass, Unavailable } from "./calls.ts";
import { Contact } from "./contact.ts";
import { Gather } from "./gather.ts";
import { failed } from "./guard.ts";
import type { Sender, SenderParts } from "./sender.ts";
import { Stranger } from "./stranger.ts";

export class Senders {
  readonly #parts: SenderParts;
  readonly #gather: Gather;

  constructor(rooms: Omit<SenderParts, "gathered" | "isGathering" | "behind">) {
    this.#gather = new Gather((writes) => this.#commit(writes));
    this.#parts = {
      ...rooms,
      gathered: (work) => answered(this.#gather.add(() => work(this.#parts.now()))),
      isGathering: () => this.#gather.isWaiting,
      behind: (work) => answered(this.#gather.behind(work)),
    };
  }

  of(pass: Pass): Sender {
    return pass instanceof Uint8Array ? new Contact(this.#parts, pass) : new Stranger(this.#parts, pass);
  }

  /** See MailboxCalls.depositMany. All of them are begun in this turn: what they write is gathered. */
  depositMany(items: readonly DepositItem[]): Promise<DepositItemOutcome[]> {
    return Promise.all(
      items.map(({ pass, envelope, ttl, key }): Promise<DepositItemOutcome> => {
        const sender = this.of(pass);
        return key === undefined
          ? sender.deposit(envelope, ttl)
          : sender.depositRevocable(key, envelope, ttl);
      }),
    );
  }

  #commit(writes: () => void): void {
    const { store, delivery, now } = this.#parts;
    store.transaction(writes);
    if (store.state.read().status === "open") delivery.written(now());
  }
}

async function answered<T>(work: Promise<T>): Promise<T | Unavailable> {
  try {
    return await work;
  } catch (error) {
    return failed(error);
  }
}
