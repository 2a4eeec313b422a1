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
import { dropQueued, finishQueued, isQueueEmpty, listQueued, type Outcome } from "./queue.ts";
import { isTransient } from "./relay-problem.ts";
import { getSent, putSent, type Sent } from "./sent.ts";
import type { Session } from "./session.ts";
import { Turns } from "./vault/turns.ts";

export class Outbox {
  readonly #session: Session;
  /**
   * By recipient, one thing at a time: a second founding to the same person, made while the first waits for its
   * key, would waste one. One that can't be reached does not hold the others up.
   */
  readonly #turns = new Map<string, Turns>();
  /** Queued in this run and never tried: whatever else is queued may have arrived already. */
  readonly #untried = new Set<string>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Seals, journals and deposits. Resolves with what is then known; `queued` when the relay can't be reached. */
  send(to: string, text: string, options: SendOptions): Promise<Sent> {
    return this.#inTurn(to, async () => {
      const contact = requireContact(this.#session.vault, to);
      const current = await this.#isCurrent();
      const { sent, queued } = await compose(this.#session, contact, text, options);
      for (const name of queued) this.#untried.add(name);
      await this.#flushTo(to, current);
      // Gone only if the consent was withdrawn meanwhile.
      return getSent(this.#session.vault, sent.id) ?? { ...sent, state: "undecided" };
    });
  }

  get isEmpty(): boolean {
    return isQueueEmpty(this.#session.vault);
  }

  /** Sends what an earlier run or an unreachable relay left. */
  async flush(): Promise<void> {
    if (this.isEmpty || !(await this.#isCurrent())) return;
    const recipients = new Set(listQueued(this.#session.vault).map(([, { to }]) => to));
    await Promise.all([...recipients].map((to) => this.#inTurn(to, () => this.#flushTo(to, true))));
  }

  /**
   * Takes a revocable text back.
   *
   * @returns its state then: `revoked` with the relay's proof, or `delivered` when the recipient was first
   */
  revoke(id: string): Promise<Sent> {
    return this.#inTurn(this.#require(id).to, async () => {
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
    return this.#inTurn(this.#require(id).to, async () => {
      const sent = this.#require(id);
      if (sent.key === undefined || sent.state !== "held") return sent;
      const contact = requireContact(this.#session.vault, sent.to);
      const outcome = await askState(this.#session, contact, sent.key);
      return this.#session.vault.transaction((draft) => putSent(draft, { ...sent, ...outcome }));
    });
  }

  /**
   * Whether the relay says that this vault is no old copy. Without its word a text may be written, and waits: on
   * a chain that was moved on elsewhere it would be taken for a double.
   */
  async #isCurrent(): Promise<boolean> {
    const { vault } = this.#session;
    requireConsent(vault);
    try {
      await this.#session.ensureCurrent();
      if (vault.get(POOL_MADE) === undefined) await tendPool(this.#session);
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      return false;
    }
  }

  /** In the order in which they were sealed. */
  async #flushTo(to: string, current: boolean): Promise<void> {
    const { vault } = this.#session;
    let stuck = !current;
    for (const [name, queued] of listQueued(vault)) {
      // Not this one's, or gone with its channel while an earlier one was on its way.
      if (queued.to !== to || vault.get(name) === undefined) continue;
      const first = this.#untried.has(name);
      const tried = !stuck;
      if (tried) this.#untried.delete(name);
      const outcome = tried
        ? await deposit(this.#session, queued, first)
        : withoutTrying(queued.ttlSeconds, first);
      if (outcome === undefined) stuck = true;
      else await vault.transaction((draft) => finishQueued(draft, name, queued, outcome));
    }
  }

  #require(id: string): Sent {
    const sent = getSent(this.#session.vault, id);
    if (sent === undefined) throw new RangeError("id: no text with this id is known here");
    return sent;
  }

  #inTurn<T>(to: string, run: () => Promise<T>): Promise<T> {
    const turns = this.#turns.get(to) ?? new Turns();
    this.#turns.set(to, turns);
    return turns.run(run);
  }
}

/** Now or never, and what comes before it can't be deposited now. */
function withoutTrying(ttlSeconds: number, first: boolean): Outcome | undefined {
  if (ttlSeconds > 0) return undefined;
  return { state: first ? "expired" : "undecided" };
}
