/** What a connected device sees to besides its texts: what is still to be sent, fresh keys, and forgetting. */
import { sweepAside } from "./aside.ts";
import { Backoff, pause } from "./backoff.ts";
import { replaceTokenIfOwed } from "./blocking/blocking.ts";
import { sweepChannels } from "./channel/sweeping.ts";
import { ErrandRunner } from "./errand-runner.ts";
import { sweepFallbacks } from "./fallback/fallback.ts";
import type { Fallbacks } from "./fallback/fallbacks.ts";
import { tendPool } from "./key-pool.ts";
import { sweepLinkings } from "./linking/pending.ts";
import type { News } from "./news.ts";
import type { OwnNumberWatch } from "./numbers/self-check.ts";
import type { Outbox } from "./outbox.ts";
import { sweepParts } from "./parts/assembly.ts";
import { personOf } from "./people/persons.ts";
import { isRelayError } from "./relay-problem.ts";
import { sweepSent } from "./sent.ts";
import type { Session } from "./session.ts";
import { sweepTakenTexts, wasTextTaken } from "./taken-texts.ts";

/** How often a connected device looks whether something is to be done: a look at memory, no request. */
const LOOK_INTERVAL = 1000;
/** Keys are counted this often: the pool of a device that stays connected must not run dry for longer. */
const TEND_INTERVAL = 60 * 60 * 1000;
/** What waits on purpose, so that two mailboxes don't show that they belong together, is due by then. */
const SHORT_WAIT = 10_000;

export class Housekeeping {
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #errands: ErrandRunner;
  readonly #fallbacks: Fallbacks;
  readonly #watch: OwnNumberWatch;
  #tended = 0;

  constructor(session: Session, outbox: Outbox, fallbacks: Fallbacks, watch: OwnNumberWatch) {
    this.#session = session;
    this.#fallbacks = fallbacks;
    this.#watch = watch;
    this.#outbox = outbox;
    this.#errands = new ErrandRunner(session, outbox);
  }

  /** The relay has just been reached. */
  async connected(): Promise<void> {
    const { vault, platform, news, life } = this.#session;
    this.#tended = platform.now();
    const givenUp = await vault.transaction((draft) => {
      const now = platform.now();
      life.keep(draft);
      sweepChannels(draft, now, life.now());
      sweepAside(draft, now);
      sweepSent(draft, now);
      sweepFallbacks(draft, now);
      // What came whole by another way is not lost, though some parts of a copy are.
      const givenUp = sweepParts(draft, now).filter(
        ({ id, from, author }) => !wasTextTaken(draft, author ?? personOf(draft, from), id),
      );
      sweepTakenTexts(draft, now);
      sweepLinkings(draft, now);
      return givenUp;
    });
    // Parts are readable: what is given up must not stay on the medium.
    if (givenUp.length > 0) await vault.checkpoint();
    news.tell(givenUp.map(({ id, from }): News => ({ kind: "given-up", id, from: personOf(vault, from) })));
    const { notice } = await tendPool(this.#session);
    if (!notice.suspended) await replaceTokenIfOwed(this.#session);
    await this.#watch.connected();
  }

  /** The relay says that somebody verified the owner's number. */
  numberAlarmed(): Promise<void> {
    return this.#watch.alarmed();
  }

  /** What is to be sent now, for a device that does not stay. */
  async sendQueued(): Promise<void> {
    await this.#fallbacks.run();
    await this.#errands.run();
    await this.#outbox.flush();
  }

  /** The same, and what leaves a moment later on purpose is waited for. */
  async sendAll(): Promise<void> {
    const { platform } = this.#session;
    await this.sendQueued();
    let next = this.#errands.next;
    while (next !== undefined && next - platform.now() <= SHORT_WAIT) {
      // A timer may be a millisecond early.
      await pause(Math.max(0, next - platform.now()) + 2, new AbortController().signal);
      await this.sendQueued();
      // Due and not sent: the relay can't be reached.
      if (this.#errands.next === next) return;
      next = this.#errands.next;
    }
  }

  /** As long as the device stays connected. Failures wait for the next time: nothing here may end a reception. */
  async run(signal: AbortSignal): Promise<void> {
    const errands = new Backoff();
    const queue = new Backoff();
    while (await pause(LOOK_INTERVAL, signal)) {
      const now = this.#session.platform.now();
      try {
        if (this.#tended > 0 && now - this.#tended >= TEND_INTERVAL) await this.connected();
        await this.#fallbacks.run();
        if (this.#errands.isDue(now) && errands.isDue(now)) {
          errands.failed(now);
          await this.#errands.run();
          // Those that could be sealed, or wait for something else than the own relay, are not due any more.
          if (!this.#errands.isDue(now)) errands.reset();
        }
        if (this.#outbox.isEmpty) queue.reset();
        else if (queue.isDue(now)) {
          queue.failed(now);
          await this.#outbox.flush();
        }
      } catch (error) {
        // A vault that is closed or in use ends this; the relay can be asked again.
        if (!isRelayError(error)) return;
      }
    }
  }
}
