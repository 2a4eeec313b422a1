/**
 * The one-time-code object: the verifications of one number that are under way. It is named by a keyed hash and does
 * not know the number; codes reach it as keyed hashes. It only sequences, see verification.ts for what is decided.
 *
 * What others rely on: calls are taken one after the other and each is durable before it is answered; every
 * verification is erased at its end by the alarm, and the object with the last of them.
 *
 * On itty-durable: a little JSON on a cold path. Its methods are called by stub.ts, with arguments and answers as JSON.
 */
import { createDurable } from "itty-durable/itty-durable.js";
import {
  type AttemptAnswer,
  abandoned,
  approved,
  attempt,
  type BeginAnswer,
  begin,
  gone,
  nextEnd,
  type SentAnswer,
  sent,
  unended,
  type Verification,
} from "./verification.ts";

/** When an alarm that failed comes again: the platform's own retries give up after six. */
const ALARM_RETRY = 30_000;

type Asked<Decision extends (list: readonly Verification[], request: never) => unknown> =
  Parameters<Decision>[1];

/** What the Worker may ask. `now` is the Worker's clock, ms since 1970. */
export interface OneTimeCodeCalls {
  begin(request: Asked<typeof begin>): Promise<BeginAnswer>;
  sent(request: Asked<typeof sent>): Promise<SentAnswer>;
  abandoned(request: Asked<typeof abandoned>): Promise<true>;
  attempt(request: Asked<typeof attempt>): Promise<AttemptAnswer>;
  approved(request: Asked<typeof approved>): Promise<AttemptAnswer>;
  gone(request: Asked<typeof gone>): Promise<true>;
}

export class OneTimeCode extends createDurable() implements OneTimeCodeCalls {
  /** All that is stored. */
  verifications: readonly Verification[] = [];

  begin(request: Asked<typeof begin>) {
    return this.#keep(begin(this.verifications, request));
  }

  sent(request: Asked<typeof sent>) {
    return this.#keep(sent(this.verifications, request));
  }

  abandoned(request: Asked<typeof abandoned>) {
    return this.#keep({ list: abandoned(this.verifications, request), answer: true as const });
  }

  attempt(request: Asked<typeof attempt>) {
    return this.#keep(attempt(this.verifications, request));
  }

  approved(request: Asked<typeof approved>) {
    return this.#keep(approved(this.verifications, request));
  }

  gone(request: Asked<typeof gone>) {
    return this.#keep({ list: gone(this.verifications, request), answer: true as const });
  }

  /** The platform calls it, past itty-durable, which loads only before a call of its own. */
  async alarm(): Promise<void> {
    try {
      await this.loadFromStorage();
      await this.#store(unended(this.verifications, Date.now()));
    } catch (error) {
      console.error("a one-time code's alarm failed:", error instanceof Error ? error.name : "unknown");
      await this.setAlarm(Date.now() + ALARM_RETRY);
    }
  }

  async #keep<Answer>({ list, answer }: { list: readonly Verification[]; answer: Answer }): Promise<Answer> {
    // An object that is asked for what it never had stays without any storage.
    if (list.length > 0 || this.verifications.length > 0) await this.#store(list);
    return answer;
  }

  async #store(list: readonly Verification[]): Promise<void> {
    this.verifications = list;
    const end = nextEnd(list);
    // A live instance survives its deleteAll(): the empty list above is what it goes on from.
    if (end === undefined) return this.destroy();
    await this.persist();
    await this.setAlarm(end);
  }
}
