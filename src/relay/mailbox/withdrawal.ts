/**
 * The saga that ends a mailbox, because its owner said so or because the device has not come by (lapse.ts). Its steps, each of which may run again:
 *
 * 1. In one transaction the mailbox becomes `withdrawing` and every message, mark, key and permit is erased (store.ts).
 *    What is left is the one row that says what is to be done.
 * 2. D1 ends the consent and keeps the erasure receipt, all or nothing. Only from here on can it be read.
 * 3. `deleteAll()`: that one row goes, and with the whole database what erased rows leave behind in free pages.
 *
 * A crash between any two of them ends, at the next alarm, in absent. The last step must be this one: after it
 * the object has neither memory nor alarm, and nothing would tell D1.
 */
import { CLOSE } from "../../protocol/close.ts";
import { recordsOf } from "../consent/jurisdictions.ts";
import { endConsent } from "../consent/ledger.ts";
import { signErasureReceipt } from "../receipts/erasure-receipt.ts";
import type { Alarm } from "./alarm.ts";
import type { WithdrawOutcome } from "./calls.ts";
import { isDue } from "./expiry.ts";
import { type Guard, NO_CONSENT, NONCE_USED, report } from "./guard.ts";
import { dayOf, isKnown, lapsesAt } from "./lapse.ts";
import type { Line } from "./line.ts";
import type { Open, Opening, Withdrawing } from "./state-store.ts";
import type { Store } from "./store.ts";

/** When the alarm tries again what D1 did not take. An outage lasts minutes; the owner waits for the end of it. */
const WITHDRAWAL_RETRY = 30_000;

interface Parts {
  readonly env: Env;
  readonly guard: Guard;
  readonly store: Store;
  readonly line: Line;
  readonly alarm: Alarm;
  /** The last step: deletes everything, the stored state with it. */
  readonly erase: () => Promise<void>;
}

export class Withdrawal {
  readonly #parts: Parts;
  #running: Promise<string> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * See MailboxCalls.withdraw. The consent is compared where it is ended: in one transaction with the first step.
   *
   * @param consentId undefined: whichever it is open under
   */
  async withdraw(consentId: string | undefined, nonce: number | undefined): Promise<WithdrawOutcome> {
    const { guard, store, line } = this.#parts;
    const begun = guard.attempt((now) =>
      store.transaction(() => {
        const state = store.state.read();
        if (state.status === "absent") return NO_CONSENT;
        if (consentId !== undefined && state.consentId !== consentId) return NO_CONSENT;
        if (state.status === "withdrawing") return { outcome: "begun", state, now } as const;
        if (nonce !== undefined && nonce <= state.nonce) return NONCE_USED;
        return { outcome: "begun", state: store.beginWithdrawal(state, "withdrawn", now), now } as const;
      }),
    );
    if (begun.outcome !== "begun") return begun;
    line.close(CLOSE.withdrawn, "withdrawn");
    const receipt = await this.goOn(begun.state, begun.now);
    return receipt === undefined ? { outcome: "withdrawing" } : { outcome: "withdrawn", receipt };
  }

  /**
   * What the alarm finds of a mailbox whose device has not come by for so long: on its way out. A device that is
   * connected is here, however long ago it used a nonce.
   */
  lapse<T extends Opening | Open | Withdrawing>(state: T, now: number): T | Withdrawing {
    const { store, line, alarm } = this.#parts;
    if (state.status !== "open") return state;
    const due = isDue(lapsesAt(state.seenDay), now);
    if (due && isKnown(state.seenDay) && !line.isOpen)
      return store.transaction(() => store.beginWithdrawal(state, "lapsed", now));
    if (due) store.transaction(() => store.state.see(now));
    alarm.by(lapsesAt(due ? dayOf(now) : state.seenDay));
    return state;
  }

  /** @returns the erasure receipt; undefined when a step failed, and the alarm will try it again */
  async goOn(withdrawing: Withdrawing, now: number): Promise<string | undefined> {
    this.#parts.alarm.by(now + WITHDRAWAL_RETRY);
    try {
      return await this.#finish(withdrawing);
    } catch (error) {
      report(error);
      return undefined;
    }
  }

  /**
   * Runs the steps to their end. A call and the alarm may meet here: they share one run, so that a late one
   * cannot erase the mailbox that opened after it.
   */
  #finish(withdrawing: Withdrawing): Promise<string> {
    this.#running ??= this.#run(withdrawing).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run({ consentId, address, erased, kind, at }: Withdrawing): Promise<string> {
    const { env, erase } = this.#parts;
    const sign = (ledgerHead: string | undefined) =>
      signErasureReceipt(env, { consentId, address, erased, kind, at, ledgerHead });
    const receipt = await endConsent(recordsOf(env, address), { consentId, receipt: sign, at, kind });
    await erase();
    return receipt;
  }
}
