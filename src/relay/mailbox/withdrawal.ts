/**
 * The saga that ends a mailbox. Its steps, each of which may run again:
 *
 * 1. In one transaction the mailbox becomes `withdrawing` and every message, mark and key is erased (store.ts).
 *    What is left is the one row that says what is to be done.
 * 2. D1 ends the consent and keeps the erasure receipt, all or nothing. Only from here on can it be read.
 * 3. `deleteAll()`: that one row goes, and with the whole database what erased rows leave behind in free pages.
 *
 * A crash between any two of them ends, at the next alarm, in absent. The last step must be this one: after it
 * the object has neither memory nor alarm, and nothing would tell D1.
 */
import { endConsent } from "../consent/ledger.ts";
import { signErasureReceipt } from "../receipts/erasure-receipt.ts";
import type { Withdrawing } from "./state-store.ts";

/** When the alarm tries again what D1 did not take. An outage lasts minutes; the owner waits for the end of it. */
export const WITHDRAWAL_RETRY = 30_000;

export class Withdrawal {
  readonly #env: Env;
  readonly #erase: () => Promise<void>;
  #running: Promise<string> | undefined;

  /** @param erase the last step: deletes everything, the stored state with it */
  constructor(env: Env, erase: () => Promise<void>) {
    this.#env = env;
    this.#erase = erase;
  }

  /**
   * Runs the steps to their end. The owner's call and the alarm may meet here: they share one run, so that a
   * late one cannot erase the mailbox that opened after it.
   *
   * @returns the erasure receipt
   * @throws when a step failed: it is to be tried again
   */
  finish(withdrawing: Withdrawing): Promise<string> {
    this.#running ??= this.#run(withdrawing).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run({ consentId, address, erased, at }: Withdrawing): Promise<string> {
    const signed = await signErasureReceipt(this.#env, { consentId, address, erased, at });
    const receipt = await endConsent(this.#env.RECORDS, { consentId, receipt: signed, at });
    await this.#erase();
    return receipt;
  }
}
