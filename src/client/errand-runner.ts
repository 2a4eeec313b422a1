/** Seals errands that are due and sends them. */
import { parseAddress } from "../protocol/address.ts";
import { MAX_TTL_SECONDS } from "../protocol/limits.ts";
import { isBlocked } from "./blocking/blocked.ts";
import { compose } from "./composing.ts";
import { dropErrand, dueErrands, nextErrand, noteErrandSealed, postponeErrand } from "./errands.ts";
import type { Outbox } from "./outbox.ts";
import { reachOf } from "./people/reaching.ts";
import { isRelayError } from "./relay-problem.ts";
import type { Session } from "./session.ts";

export class ErrandRunner {
  readonly #session: Session;
  readonly #outbox: Outbox;

  constructor(session: Session, outbox: Outbox) {
    this.#session = session;
    this.#outbox = outbox;
  }

  isDue(now: number): boolean {
    const next = nextErrand(this.#session.vault);
    return next !== undefined && next <= now;
  }

  /** When the last of those that wait a moment on purpose will be due; undefined when none does. */
  get next(): number | undefined {
    return nextErrand(this.#session.vault);
  }

  /** One after another for each device; devices don't wait for each other. */
  async run(): Promise<void> {
    const { vault, platform } = this.#session;
    const due = dueErrands(vault, platform.now());
    if (due.length === 0 || !(await this.#outbox.isCurrent())) return;
    const devices = new Set(due.map(([, { to }]) => to));
    await Promise.all(
      [...devices].map(async (device) => {
        const own = due.filter(([, { to }]) => to === device);
        await this.#outbox.inTurn(`errands ${device}`, async () => {
          for (const [name] of own) if (!(await this.#seal(name))) break;
        });
        await this.#outbox.flushTo(device, true, devices.size > 1);
      }),
    );
  }

  /** @returns false when it must wait, and those behind it with it */
  async #seal(name: string): Promise<boolean> {
    const { vault, platform } = this.#session;
    const errand = dueErrands(vault, platform.now()).find(([other]) => other === name)?.[1];
    if (errand === undefined) return false;
    const device = parseAddress(errand.to);
    // Its time may be over: in a copy of the vault that was put back much later.
    const isOver = errand.ends <= platform.now();
    const isMoot = isOver || isBlocked(vault, errand.to);
    if (device === undefined || isMoot || reachOf(vault, errand.to) === undefined) {
      await vault.transaction((draft) => dropErrand(draft, name));
      return true;
    }
    const names: string[] = [];
    try {
      await compose(this.#session, MAX_TTL_SECONDS, {
        letters: () => [{ device, contents: [errand.content] }],
        note: (draft, posted, _failures, enqueue) => {
          names.length = 0;
          for (const item of posted) {
            const carries = item.content === undefined ? {} : { errand: name };
            names.push(enqueue({ ...item, queued: { ...item.queued, ...carries } }));
          }
          noteErrandSealed(draft, name, platform.now());
        },
      });
    } catch (error) {
      if (!isRelayError(error)) throw error;
      await vault.transaction((draft) => postponeErrand(draft, name, platform.now()));
      return false;
    }
    this.#outbox.noteUntried(names);
    return true;
  }
}
