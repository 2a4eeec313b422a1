/**
 * Sending. One vault transaction moves the channel on and journals the sealed bytes; only then does anything
 * leave, and every retry sends the same bytes. The recipient knows a double by its tag.
 */
import { compose, type SendOptions } from "./composing.ts";
import { requireConsent } from "./consent-record.ts";
import { requireContact } from "./contacts.ts";
import { askState, deposit, revokeDeposit } from "./deposit.ts";
import { tendPool } from "./key-pool.ts";
import { POOL_MADE } from "./pool-record.ts";
import { dropQueued, finishQueued, listQueued, type Outcome } from "./queue.ts";
import { isTransient } from "./relay-problem.ts";
import { getSent, putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";

export class Outbox {
  readonly #session: Session;
  /** One text at a time: a second founding to the same person, made while the first waits for its key, would waste one. */
  #last: Promise<unknown> = Promise.resolve();
  /** Queued in this run and never tried: whatever else is queued may have arrived already. */
  readonly #untried = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Seals, journals and deposits. Resolves with what is then known; `queued` when the relay can't be reached. */
  send(to: string, text: string, options: SendOptions): Promise<Sent> {
    return this.#alone(async () => {
      const contact = requireContact(this.#session.vault, to);
      await this.#ensureCurrent();
      const { textId, queued } = await compose(this.#session, contact, text, options);
      for (const name of queued) this.#untried.add(name);
      await this.#flush(to);
      return this.#require(textId);
    });
  }

  get isEmpty(): boolean {
    return listQueued(this.#session.vault).length === 0;
  }

  /** Sends what an earlier run or an unreachable relay left. */
  flush(): Promise<void> {
    return this.#alone(async () => {
      if (this.isEmpty) return;
      await this.#ensureCurrent();
      await this.#flush();
    });
  }

  /**
   * Takes a revocable text back.
   *
   * @returns its state then: `revoked` with the relay's proof, or `delivered` when the recipient was first
   */
  revoke(id: string): Promise<Sent> {
    return this.#alone(async () => {
      const sent = this.#require(id);
      if (sent.key === undefined) throw new RangeError("id: this text was not sent as revocable");
      if (sent.state === "revoked" || sent.state === "delivered") return sent;
      const contact = requireContact(this.#session.vault, sent.to);
      const outcome = await revokeDeposit(this.#session, contact, sent.key);
      return this.#session.vault.transaction((draft) => {
        dropQueued(draft, (queued) => queued.textId === id && queued.carriesText, outcome);
        return putSent(draft, { ...sent, ...outcome });
      });
    });
  }

  /** What is known of a text, asking the relay where it can still say: of revocable ones. */
  state(id: string): Promise<Sent> {
    return this.#alone(async () => {
      const sent = this.#require(id);
      if (sent.key === undefined || sent.state !== "held") return sent;
      const contact = requireContact(this.#session.vault, sent.to);
      const outcome = await askState(this.#session, contact, sent.key);
      return this.#session.vault.transaction((draft) => putSent(draft, { ...sent, ...outcome }));
    });
  }

  /** Before the first text of this run. Without a network it is asked at the next: a text may be written offline. */
  async #ensureCurrent(): Promise<void> {
    const { vault } = this.#session;
    requireConsent(vault);
    try {
      await this.#session.ensureCurrent();
      if (vault.get(POOL_MADE) === undefined) await tendPool(this.#session);
    } catch (error) {
      if (!isTransient(error)) throw error;
    }
  }

  /** In order, and each recipient for itself: one that can't be reached does not hold the others up. */
  async #flush(only?: string): Promise<void> {
    const { vault } = this.#session;
    const stuck = new Set<string>();
    for (const [name, queued] of listQueued(vault)) {
      if (only !== undefined && queued.to !== only) continue;
      // It went with its channel while an earlier one was on its way.
      if (vault.get(name) === undefined) continue;
      const first = this.#untried.has(name);
      const outcome = stuck.has(queued.to)
        ? withoutTrying(queued.ttlSeconds, first)
        : await deposit(this.#session, queued, first);
      if (!stuck.has(queued.to)) this.#untried.delete(name);
      if (outcome === undefined) stuck.add(queued.to);
      else await vault.transaction((draft) => finishQueued(draft, name, queued, outcome));
    }
  }

  #require(id: string): Sent {
    const sent = getSent(this.#session.vault, id);
    if (sent === undefined) throw new RangeError("id: no text with this id is known here");
    return sent;
  }

  #alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Now or never, and what comes before it can't be deposited now. */
function withoutTrying(ttlSeconds: number, first: boolean): Outcome | undefined {
  if (ttlSeconds > 0) return undefined;
  return { state: first ? "expired" : "undecided" };
}
