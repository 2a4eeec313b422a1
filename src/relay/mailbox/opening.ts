/**
 * How a mailbox opens, or goes over to another consent. When the Worker calls, it has seen the consent in D1, but that
 * may be over: a withdrawal that ran to its end meanwhile has erased this very mailbox, and nothing would ever end what
 * opened after it. So there are two steps. First it is made, as `opening`, and lets nobody in; then D1 is asked, and
 * only a consent that is in force opens it. Whoever ends a consent ends its mailbox first, so from the first step on
 * what D1 says cannot become untrue behind the mailbox's back. The same holds for introductions, which stand on a purpose
 * of their own: whoever ends that tells the mailbox first, and a grant from before that can't let them in again.
 *
 * The grant does both (consent/grant.ts). When it did not get that far, the alarm does the second. It takes only a
 * clear no for one: a D1 that cannot be reached is asked again.
 */
import { recordsOf } from "../consent/jurisdictions.ts";
import { noteMailbox } from "../consent/records.ts";
import type { Alarm } from "./alarm.ts";
import { isDue } from "./expiry.ts";
import { type Guard, NO_CONSENT, NONCE_USED, report } from "./guard.ts";
import { dayOf, lapsesAt } from "./lapse.ts";
import type { Grant, Opening as OpeningState } from "./state-store.ts";
import type { Store } from "./store.ts";
import type { Withdrawal } from "./withdrawal.ts";

/** When the alarm asks D1, and asks again: long after a grant is through, short enough for who waits for a lost one. */
const CONFIRM_WITHIN = 60_000;

interface Parts {
  readonly env: Env;
  readonly guard: Guard;
  readonly store: Store;
  readonly alarm: Alarm;
  readonly withdrawal: Withdrawal;
}

export class Opening {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** See MailboxCalls.open. */
  open(grant: Grant) {
    const { guard, store, alarm } = this.#parts;
    return guard.attempt((now) => {
      const confirmBy = now + CONFIRM_WITHIN;
      const answer = store.transaction(() => {
        const state = store.state.read();
        if (state.status === "withdrawing") return { outcome: "withdrawing" } as const;
        if (state.status === "absent") {
          const epoch = store.state.create(grant, now, confirmBy);
          return { outcome: "opened", epoch } as const;
        }
        const same = grant.consentId === state.consentId;
        const repeated = same && grant.nonce === state.nonce;
        if (!repeated && grant.nonce <= state.nonce) return NONCE_USED;
        const stays = same && state.status === "open";
        if (!repeated) store.state.takeOver(grant, now, stays ? null : confirmBy);
        return { outcome: "already-open", epoch: state.epoch } as const;
      });
      // Not before it is written: of a transaction that is undone the alarm would be remembered and never come.
      if (store.state.read().status === "opening") alarm.by(confirmBy);
      return answer;
    });
  }

  /** See MailboxCalls.confirm. */
  confirm(consentId: string, introductions: boolean) {
    const { guard, store, alarm } = this.#parts;
    return guard.attempt((now) => {
      const state = store.state.read();
      if (state.status === "absent" || state.status === "withdrawing" || state.consentId !== consentId)
        return NO_CONSENT;
      const opens = state.status === "opening";
      if (opens || (introductions && state.introductionsPending))
        store.transaction(() => store.state.confirm(introductions));
      if (opens) alarm.move(Math.min(lapsesAt(dayOf(now)), store.nextErasure()));
      return { outcome: "confirmed" } as const;
    });
  }

  /** What the alarm finds of a mailbox whose grant did not come back to it. */
  async settle({ consentId, address, confirmBy }: OpeningState, now: number): Promise<void> {
    const { env, alarm, withdrawal } = this.#parts;
    if (!isDue(confirmBy, now)) {
      alarm.by(confirmBy);
      return;
    }
    alarm.by(now + CONFIRM_WITHIN);
    try {
      const noted = await noteMailbox(recordsOf(env, address), consentId);
      if (noted === undefined) await withdrawal.withdraw(consentId, undefined);
      else this.confirm(consentId, noted.discovery);
    } catch (error) {
      report(error);
    }
  }
}
