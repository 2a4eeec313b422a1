/**
 * Texts that go by SMS if nobody has them in time. One channel, never both: SMS only once every mailbox that the
 * text went to has signed that it will not hand it over; the app's hook is called at most once for a text; and what
 * can't be decided is told as `undecided`, with what to do.
 */
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import { MAX_TTL_SECONDS } from "../../protocol/limits.ts";
import { newTextId } from "../addressing.ts";
import { backoffDelay, pause } from "../backoff.ts";
import { requireConsent } from "../consent-record.ts";
import { NumberNotFoundError } from "../numbers/correspondents.ts";
import { NumberFormatError } from "../numbers/number.ts";
import { NumberMovedError } from "../numbers/number-moved.ts";
import { NumberPurposeError } from "../numbers/purpose.ts";
import type { Outbox, SendOptions } from "../outbox.ts";
import { personOf } from "../people/persons.ts";
import { isRelayError, isTransient, RelayProblem, RelayProtocolError } from "../relay-problem.ts";
import { getSent, type Sent } from "../sent.ts";
import type { Session } from "../session.ts";
import { Turns } from "../vault/turns.ts";
import { Book } from "./book.ts";
import { nextStep, PATIENCE } from "./deciding.ts";
import {
  dropFallback,
  type Fallback,
  type FallbackState,
  finished,
  getFallback,
  isFinal,
  listFallbacks,
  newFallback,
  putFallback,
  type StoredFallback,
  shownFallback,
  type UndecidedReason,
} from "./fallback.ts";
import { HandingOver, type SmsHook } from "./handing-over.ts";
import { RelayKeys } from "./revocation-proof.ts";
import { sendToOthers, takeBack } from "./taking-back.ts";

/** `smsAfter` was asked for, and nobody said how to send an SMS: see `numbers.onSms`. Nothing was sent. */
export class SmsHookMissingError extends Error {
  override readonly name = "SmsHookMissingError";
}

/** Who is written to: numbers/correspondents.ts. */
interface People {
  /** Makes whoever this number or person's address stands for ready to be written to. @throws NumberNotFoundError */
  recipient(to: string): Promise<string>;
  send(to: string, text: string, options: SendOptions): Promise<Sent>;
}

export class Fallbacks {
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #people: People;
  readonly #book: Book;
  readonly #keys: RelayKeys;
  readonly #turns = new Map<string, Turns>();
  /** What goes wrong with these is still the caller's to hear. */
  readonly #beginning = new Set<string>();
  readonly #handing: HandingOver;

  constructor(session: Session, outbox: Outbox, people: People) {
    this.#session = session;
    this.#outbox = outbox;
    this.#people = people;
    this.#book = new Book(session);
    this.#handing = new HandingOver(session, this.#book);
    this.#keys = new RelayKeys(session.platform);
  }

  onSms(hook: SmsHook | undefined): void {
    this.#handing.hook = hook;
  }

  /**
   * Begins to send. Resolves with what is then known: `waiting` when it was deposited, `sms` when the number could
   * not be reached otherwise, `looking` when the relay could not be asked.
   *
   * @param to the number that an SMS goes to, and the person it is for: whoever has the number, when none is named
   * @throws NoConsentError, SmsHookMissingError, NumberMovedError
   */
  async send(to: { number: string; person?: string }, text: string, smsAfter: number): Promise<Fallback> {
    const { vault, platform } = this.#session;
    requireConsent(vault);
    if (this.#handing.hook === undefined)
      throw new SmsHookMissingError("Say first, with numbers.onSms, how this app sends an SMS.");
    const id = encodeBase64url(newTextId());
    const now = platform.now();
    this.#handing.noteBegun(id);
    const begun = newFallback({ id, ...to, text, smsAt: now + smsAfter }, now);
    await vault.transaction((draft) => putFallback(draft, begun));
    this.#beginning.add(id);
    try {
      await this.#advance(id);
    } catch (error) {
      // Nothing of it left, and nothing will: it is the caller's again.
      await vault.transaction((draft) => {
        if (getFallback(draft, id)?.state === "looking") dropFallback(draft, id);
      });
      throw error;
    } finally {
      this.#beginning.delete(id);
    }
    return this.get(id) ?? shownFallback(begun);
  }

  get(id: string): Fallback | undefined {
    const found = getFallback(this.#session.vault, id);
    return found && shownFallback(found);
  }

  list(): Fallback[] {
    return listFallbacks(this.#session.vault).map(shownFallback);
  }

  /** Does what is due. A connected device asks every second; what needs no doing costs a look at memory. */
  async run(): Promise<void> {
    const open = listFallbacks(this.#session.vault).filter((fallback) => !isFinal(fallback));
    await Promise.all(open.map(({ id }) => this.#advance(id)));
  }

  /** Runs until it is decided, or undecided, or `signal` ends the wait. For an app that does not stay connected. */
  async settled(id: string, signal: AbortSignal): Promise<Fallback | undefined> {
    for (;;) {
      await this.#advance(id);
      const found = getFallback(this.#session.vault, id);
      if (found === undefined || isFinal(found) || found.state === "undecided") return this.get(id);
      const now = this.#session.platform.now();
      const due = found.state === "waiting" ? Math.max(found.smsAt, found.next) : found.next;
      if (!(await pause(Math.min(Math.max(due - now, 10), 1000), signal))) return this.get(id);
    }
  }

  /**
   * Its owner takes it back, and wants no SMS either. What can't be asked now is asked again later.
   *
   * @returns what is known of it then; undefined when no text that may fall back has this id
   */
  async takeBack(id: string): Promise<Sent | undefined> {
    const { vault } = this.#session;
    if (getFallback(vault, id) === undefined) return undefined;
    await this.#inTurn(id, () =>
      this.#book.change(id, (fallback) =>
        isFinal(fallback) || fallback.state === "handing-over"
          ? fallback
          : { ...fallback, noSms: true, next: 0 },
      ),
    );
    await this.#advance(id);
    const { number = "", smsAt = 0 } = getFallback(vault, id) ?? {};
    // Never sealed: nobody can have it.
    return (
      getSent(vault, id) ?? { id, to: number, sentAt: smsAt, expires: smsAt, state: "revoked", pieces: [] }
    );
  }

  #inTurn<T>(id: string, run: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(id) ?? new Turns();
    this.#turns.set(id, turns);
    return turns.run(run);
  }

  #advance(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      while (await this.#take(id));
    });
  }

  /** One step. @returns whether another may follow at once */
  async #take(id: string): Promise<boolean> {
    const { vault, platform } = this.#session;
    const fallback = getFallback(vault, id);
    if (fallback === undefined) return false;
    if (fallback.untold) return this.#book.tell(fallback);
    if (this.#handing.isInterrupted(fallback)) return this.#finish(id, "undecided", "interrupted");
    const step = nextStep(fallback, getSent(vault, id), platform.now());
    switch (step.step) {
      case "send":
        return this.#send(fallback);
      case "revoke":
        return this.#revoke(fallback, step.pieces);
      case "hand-over":
        return this.#handOver(fallback);
      case "finish":
        return this.#finish(id, step.state, step.reason);
      default:
        return false;
    }
  }

  async #send({ id, number, to: named, text = "" }: StoredFallback): Promise<boolean> {
    try {
      const to = await this.#people.recipient(named ?? number);
      await this.#people.send(to, text, {
        ttlSeconds: MAX_TTL_SECONDS,
        revocable: true,
        id: decodeBase64url(id) ?? new Uint8Array(),
        alongside: (draft) => {
          const fallback = getFallback(draft, id);
          if (fallback === undefined) return;
          putFallback(draft, {
            ...fallback,
            state: "waiting",
            to: personOf(draft, to),
            failures: 0,
            next: 0,
          });
        },
      });
      const waiting = this.get(id);
      if (waiting !== undefined) this.#session.news.tell([{ kind: "fallback", fallback: waiting }]);
      return true;
    } catch (error) {
      // Not agreed to any more since it began: the number can't be looked up, and an SMS needs no looking up.
      const isForbidden = error instanceof NumberPurposeError || error instanceof NumberFormatError;
      if (isForbidden && !this.#beginning.has(id)) return this.#handOverUnsent(id);
      if (error instanceof NumberNotFoundError) return this.#handOverUnsent(id);
      // An SMS could go to whoever took the number, as well as the text.
      if (error instanceof NumberMovedError && !this.#beginning.has(id))
        return this.#finish(id, "undecided", "number-moved");
      if (!isRelayError(error)) throw error;
      // Sealed: the outbox goes on by itself.
      if (getFallback(this.#session.vault, id)?.state !== "looking") return true;
      // A spent budget (429) fills up again; an SMS before its time would be no better than not asking at all.
      const isSpent = error instanceof RelayProblem && error.problem.status === 429;
      const isPassing = isSpent || isTransient(error) || error instanceof RelayProtocolError;
      return isPassing ? this.#postpone(id) : this.#handOverUnsent(id);
    }
  }

  async #revoke(fallback: StoredFallback, pieces: readonly number[]): Promise<boolean> {
    const { id } = fallback;
    const { platform } = this.#session;
    if (fallback.state === "waiting") {
      const since = platform.now();
      await this.#book.change(id, (found) => ({ ...found, state: "revoking", since }));
    }
    const outcome = await takeBack(this.#session, this.#outbox, this.#keys, id, pieces);
    if (outcome === "asked") return true;
    if (outcome !== "later") return this.#finish(id, "undecided", outcome);
    const { since = 0, state } = getFallback(this.#session.vault, id) ?? fallback;
    if (state === "revoking" && platform.now() - since >= PATIENCE)
      await this.#book.change(id, (found) => ({
        ...found,
        state: "undecided",
        reason: "unanswered",
        noSms: true,
      }));
    await this.#postpone(id);
    return getFallback(this.#session.vault, id)?.untold === true;
  }

  /** Nothing of it was sealed: it waits for no proof, for there is no mailbox that it went to. */
  async #handOverUnsent(id: string): Promise<boolean> {
    const fallback = getFallback(this.#session.vault, id);
    return fallback?.state === "looking" ? this.#handOver(fallback) : true;
  }

  async #handOver(fallback: StoredFallback): Promise<boolean> {
    const { id } = fallback;
    const outcome = await this.#handing.handOver(fallback);
    if (outcome === "again") return true;
    if (outcome === "later") return this.#postpone(id);
    return outcome === "sms" ? this.#finish(id, "sms") : this.#finish(id, "undecided", outcome);
  }

  async #postpone(id: string): Promise<false> {
    const now = this.#session.platform.now();
    await this.#book.change(id, (found) => ({
      ...found,
      failures: found.failures + 1,
      next: nextTry(found, now),
    }));
    return false;
  }

  async #finish(id: string, state: FallbackState, reason?: UndecidedReason): Promise<boolean> {
    const sent = getSent(this.#session.vault, id);
    await this.#book.change(
      id,
      (found) => finished(found, state, reason),
      (draft, { text = "", to = "" }) => {
        if (state === "delivered" && sent !== undefined) sendToOthers(this.#session, draft, sent, to, text);
      },
    );
    return state === "undecided";
  }
}

/** Later and later; but what is still looked for goes by SMS on time. */
function nextTry({ failures, state, smsAt }: StoredFallback, now: number): number {
  const next = now + 100 + backoffDelay(failures + 2, Math.random());
  return state === "looking" && now < smsAt ? Math.min(next, smsAt) : next;
}
