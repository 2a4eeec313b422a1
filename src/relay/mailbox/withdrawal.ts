/**
 * The saga that ends a mailbox. `withdrawing` is stored before it begins and every step may run again, so a
 * crash between any two of them ends, at the next alarm, in absent.
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
