/**
 * Who may come in, and what they are told when storage fails. The state is asked of storage at every call: an
 * instance may live on after its mailbox was withdrawn.
 */
import { isSuspended } from "../consent/notice.ts";
import type { NoConsent, NonceUsed, NotAuthorized, NoticeSuperseded, Unavailable } from "./calls.ts";
import { dayOf } from "./lapse.ts";
import type { Open, State, StateStore } from "./state-store.ts";

export const NOT_AUTHORIZED = { outcome: "not-authorized" } as const;
export const NO_CONSENT = { outcome: "no-consent" } as const;
export const NONCE_USED = { outcome: "nonce-used" } as const;
const NOTICE_SUPERSEDED = { outcome: "notice-superseded" } as const;

export class Guard {
  readonly #state: StateStore;
  readonly #now: () => number;

  constructor(state: StateStore, now: () => number) {
    this.#state = state;
    this.#now = now;
  }

  /** For whoever has a delivery token of this life of the mailbox. */
  asSender<T>(epoch: Uint8Array, work: (now: number, state: Open) => T): T | NotAuthorized | Unavailable {
    return this.attempt((now) => {
      const state = this.#state.read();
      return isOpenTo(state, epoch) ? work(now, state) : NOT_AUTHORIZED;
    });
  }

  /** For the device itself. */
  asOwner<T>(work: (now: number, state: Open) => T): T | NoConsent | Unavailable {
    return this.attempt((now) => {
      const state = this.#state.read();
      return state.status === "open" ? work(now, state) : NO_CONSENT;
    });
  }

  /** For the device itself, when it is here: that is noted once a day. */
  asDevice<T>(work: (now: number, state: Open) => T): T | NoConsent | Unavailable {
    return this.asOwner((now, state) => {
      this.#noteVisit(state, now);
      return work(now, state);
    });
  }

  /** For the device itself, to see what is there: also of a mailbox that is going, as long as any of it is left. */
  asOwnerToTheEnd<T>(work: () => T): T | NoConsent | Unavailable {
    return this.attempt((now) => {
      const state = this.#state.read();
      if (state.status === "absent") return NO_CONSENT;
      if (state.status === "open") this.#noteVisit(state, now);
      return work();
    });
  }

  /** For the device itself, when it changes state: a nonce that it sent before, or a lower one, is a replay. */
  asOwnerOnce<T>(
    nonce: number,
    work: (now: number, state: Open) => T,
  ): T | NonceUsed | NoConsent | Unavailable {
    return this.asOwner((now, state) => (nonce > state.nonce ? work(now, state) : NONCE_USED));
  }

  /** The same, when it is about what others shall be let in with: a mailbox that lets nobody in takes nothing new. */
  asAgreedOnce<T>(
    nonce: number,
    work: (now: number, state: Open) => T,
  ): T | NoticeSuperseded | NonceUsed | NoConsent | Unavailable {
    return this.asOwnerOnce(nonce, (now, state) => (takesMail(state) ? work(now, state) : NOTICE_SUPERSEDED));
  }

  opensTo(epoch: Uint8Array): boolean {
    return isOpenTo(this.#state.read(), epoch);
  }

  attempt<T>(work: (now: number) => T): T | Unavailable {
    try {
      return work(this.#now());
    } catch (error) {
      return failed(error);
    }
  }

  #noteVisit({ seenDay }: Open, now: number): void {
    if (dayOf(now) > seenDay) this.#state.see(now);
  }
}

export function failed(error: unknown): Unavailable {
  report(error);
  return { outcome: "unavailable" };
}

/** SQLite's messages name tables and columns, never what is in them. */
export function report(error: unknown): void {
  console.error("mailbox:", error instanceof Error ? error.message : "unknown failure");
}

function isOpenTo(state: State, epoch: Uint8Array): state is Open {
  return takesMail(state) && sameOctets(state.epoch, epoch);
}

/**
 * Whether anybody but the owner may be let in: what was agreed to covers what happens now. Asked at every call of a
 * sender's and stored nowhere, so that one deploy suspends all mailboxes and the deploy before it restores them.
 */
export function takesMail(state: State): state is Open {
  return state.status === "open" && !isSuspended(state.noticeVersion);
}

/** Epochs and permits arrive proven by the edge, so how long the comparison takes tells nobody anything. */
export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i]);
}
