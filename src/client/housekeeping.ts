/** What a connected device sees to besides its texts: what is still to be sent, fresh keys, and forgetting. */
import { sweepAside } from "./aside.ts";
import { backoffDelay, pause } from "./backoff.ts";
import { sweepChannels } from "./channel/sweeping.ts";
import { tendPool } from "./key-pool.ts";
import type { Outbox } from "./outbox.ts";
import { isRelayError } from "./relay-problem.ts";
import { sweepSent } from "./sent.ts";
import type { Session } from "./session.ts";

/** How often a connected device looks whether something is to be done: a look at memory, no request. */
const LOOK_INTERVAL = 1000;
/** Keys are counted this often: the pool of a device that stays connected must not run dry for longer. */
const TEND_INTERVAL = 60 * 60 * 1000;

export class Housekeeping {
  readonly #session: Session;
  readonly #outbox: Outbox;
  #tended = 0;

  constructor(session: Session, outbox: Outbox) {
    this.#session = session;
    this.#outbox = outbox;
  }

  /** The relay has just been reached. */
  async connected(): Promise<void> {
    const { vault, platform } = this.#session;
    this.#tended = platform.now();
    await vault.transaction((draft) => {
      const now = platform.now();
      sweepChannels(draft, now);
      sweepAside(draft, now);
      sweepSent(draft, now);
    });
    await tendPool(this.#session);
  }

  /** What is still to be sent, for a device that does not stay. */
  sendQueued(): Promise<void> {
    return this.#outbox.flush();
  }

  /** As long as the device stays connected. Failures wait for the next time: nothing here may end a reception. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let next = 0;
    while (await pause(LOOK_INTERVAL, signal)) {
      const now = this.#session.platform.now();
      try {
        if (this.#tended > 0 && now - this.#tended >= TEND_INTERVAL) await this.connected();
        if (this.#outbox.isEmpty) failures = 0;
        else if (now >= next) {
          failures++;
          next = now + backoffDelay(failures + 1, Math.random());
          await this.#outbox.flush();
        }
      } catch (error) {
        // A vault that is closed or in use ends this; the relay can be asked again.
        if (!isRelayError(error)) return;
      }
    }
  }
}
