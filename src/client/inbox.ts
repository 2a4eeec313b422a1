/**
 * Receiving, in the one order that neither loses a text nor leaves its key behind:
 *
 *     open → one vault transaction: channel moved on, text in the journal → checkpoint: used keys destroyed
 *     → acknowledge → hand to the app → drop from the journal → checkpoint: the texts themselves destroyed
 *
 * A crash anywhere is made good: before the transaction the relay pushes again; after it the text is in the
 * journal and a repeated push is known as a double, acknowledged and dropped. A revocable text waits for the
 * relay's confirmation before it is handed over: the sender may have been first.
 *
 * Nobody's envelope may keep another's out: one on which the transaction fails is undone by itself, kept sealed and
 * tried again a few times. A vault that can't be written is no envelope's fault, and ends the whole.
 */
import { MAX_ACKNOWLEDGED_IDS } from "../protocol/limits.ts";
import { Admission } from "./admission.ts";
import {
  confirmAside,
  type HeldEnvelope,
  hasOpenable,
  setAside,
  setAsideFailed,
  takeOpenable,
  unconfirmedAside,
} from "./aside.ts";
import { FoundingBudget } from "./channel/budget.ts";
import { MAX_LIVE_CHANNELS } from "./channel/limits.ts";
import { noteFailed, openEnvelope } from "./channel/opening.ts";
import { getContact, isUnverified } from "./contacts.ts";
import { confirmJournal, dropJournal, type JournalEntry, listJournal } from "./journal.ts";
import type { News } from "./news.ts";
import { passOn } from "./passing-on.ts";
import { isAcquainted } from "./people/acquaintance.ts";
import { personOf } from "./people/persons.ts";
import { MAX_STRANGER_CHANNELS } from "./people/strangers.ts";
import { oweReceipt } from "./receipts.ts";
import type { Session } from "./session.ts";
import { type Taken, takeMessage } from "./taking.ts";
import { inSavepoint } from "./vault/draft.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

/** A text, as the app gets it. */
export interface IncomingText {
  /** Stable: the same text comes with the same id if the app did not finish with it. */
  readonly id: string;
  /** The person who wrote it, by address: proven by their signature, or the word of the owner's own device. */
  readonly from: string;
  /** Nothing but this text tells who they are: see {@link isUnverified}. */
  readonly unverified?: true;
  /** To whom, when the owner wrote it on another device. */
  readonly to?: string;
  /** The conversation's id, when it is one of three or more. */
  readonly conversation?: string;
  readonly text: string;
  /** The sender's clock, ms since 1970. */
  readonly sentAt: number;
  /**
   * The app is done: the device forgets the text. Asking for the next one says the same. It is off the medium when the
   * loop waits for more, is over, or the device is closed.
   */
  done(): Promise<void>;
}

/** Acknowledges ids at the relay; whether it could, and what came of it if that is known at once. */
export type Acknowledge = (
  ids: readonly number[],
) => Promise<readonly { readonly id: number; readonly erased: boolean }[] | undefined>;

export class Inbox {
  readonly #session: Session;
  #changed: (() => void) | undefined;
  /**
   * What left a key or a text on the medium that must not stay there, counted, and how much of that a checkpoint has
   * covered. An earlier run may have ended between the two: until this one has made a checkpoint, one is owed.
   */
  #owed = 1;
  #covered = 0;
  /** Journal entries of this run whose acknowledgement is still to come: not the app's yet. */
  readonly #unacknowledged = new Set<string>();
  readonly #budget = new FoundingBudget();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Takes a batch through the order above. A failure before the acknowledgement leaves it to be pushed again. */
  async receive(batch: readonly HeldEnvelope[], acknowledge: Acknowledge): Promise<void> {
    const { vault, platform } = this.#session;
    const news: News[] = [];
    await vault.transaction(async (draft) => {
      let opened = false;
      for (const held of batch) if (await this.#take(draft, held, news)) opened = true;
      if (opened) this.#owed++;
      // One that was set aside may be what another waits for: a founding, a conversation's definition.
      while (opened) {
        opened = false;
        for (const aside of takeOpenable(draft, platform.now()))
          if (await this.#take(draft, { ...aside, revocable: !aside.confirmed }, news)) opened = true;
      }
    });
    this.#session.news.tell(news);
    const journaled = [...this.#unacknowledged];
    await this.#settle();
    const results = await acknowledge(batch.map(({ id }) => id));
    for (const name of journaled) this.#unacknowledged.delete(name);
    if (results !== undefined) await this.confirm(results);
    else this.#wake();
  }

  /** What the relay answered to an acknowledgement. */
  async confirm(results: readonly { readonly id: number; readonly erased: boolean }[]): Promise<void> {
    const { vault, identity, platform } = this.#session;
    const news: News[] = [];
    if (this.#unconfirmed().length > 0)
      await vault.transaction(async (draft) => {
        const before = listJournal(draft).length;
        const confirmed = confirmJournal(draft, results, platform.now());
        // What the sender took back, or what came another way meanwhile, is dropped unseen.
        if (listJournal(draft).length < before) this.#owed++;
        for (const entry of confirmed)
          await inSavepoint(draft, (inner) => passOn(inner, identity, entry, platform.now())).catch(
            (error: unknown) => news.push({ kind: "failed", error }),
          );
        confirmAside(draft, results);
      });
    this.#session.news.tell(news);
    this.#wake();
  }

  /** The relay holds nothing more that is not acknowledged: what lost its answer on the way is the app's now. */
  async drained(): Promise<void> {
    await this.retryAside();
    await this.#settle();
    this.#unacknowledged.clear();
    this.#wake();
  }

  /** What had to wait for the budget of its key is tried again, though nothing new has come. */
  async retryAside(): Promise<void> {
    const { vault, platform } = this.#session;
    if (!hasOpenable(vault, platform.now())) return;
    const news: News[] = [];
    const before = new Set(this.#unacknowledged);
    await vault.transaction(async (draft) => {
      let opened = false;
      for (const aside of takeOpenable(draft, platform.now()))
        if (await this.#take(draft, { ...aside, revocable: !aside.confirmed }, news)) opened = true;
      if (opened) this.#owed++;
    });
    this.#session.news.tell(news);
    await this.#settle();
    // They were acknowledged when they were set aside.
    for (const name of this.#unacknowledged) if (!before.has(name)) this.#unacknowledged.delete(name);
    this.#wake();
  }

  /** Revocable texts whose confirmation was lost on the way are acknowledged once more. */
  async reconfirm(acknowledge: Acknowledge): Promise<void> {
    const ids = this.#unconfirmed();
    if (ids.length === 0) return;
    await this.#settle();
    for (let at = 0; at < ids.length; at += MAX_ACKNOWLEDGED_IDS) {
      const results = await acknowledge(ids.slice(at, at + MAX_ACKNOWLEDGED_IDS));
      if (results !== undefined) await this.confirm(results);
    }
  }

  #unconfirmed(): number[] {
    const { vault } = this.#session;
    const journaled = listJournal(vault).flatMap(([, entry]) => (entry.confirmed ? [] : [entry.heldAs]));
    return [...journaled, ...unconfirmedAside(vault)];
  }

  /**
   * Texts in order of arrival, as long as `signal` lets it; ends when `drained` and the journal is empty. What the app
   * has finished with is off the medium when the loop rests, and when it is over: one checkpoint for all of them.
   */
  async *texts(signal: AbortSignal, drained: () => boolean): AsyncGenerator<IncomingText, void, undefined> {
    const handed = new Set<string>();
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const ready = this.#ready().filter(([name]) => !handed.has(name));
        if (ready.length === 0) {
          if (this.#owed > this.#covered) {
            await this.#settle();
            continue;
          }
          if (drained()) return;
          await new Promise<void>((resolve) => {
            this.#changed = resolve;
          });
        }
        for (const [name, entry] of ready) {
          if (signal.aborted) return;
          handed.add(name);
          // Another loop was faster: the app has finished with it while this one was elsewhere.
          if (this.#session.vault.get(name) === undefined) continue;
          const done = () => this.#drop(name);
          yield { ...shown(this.#session.vault, entry), done };
          await done();
        }
      }
    } finally {
      signal.removeEventListener("abort", wake);
      await this.#settle();
    }
  }

  /** Before the device closes: what the app has finished with in this run is off the medium then. */
  async finish(): Promise<void> {
    if (this.#owed > 1) await this.#settle();
  }

  #ready() {
    return listJournal(this.#session.vault).filter(
      ([name, { confirmed }]) => confirmed && !this.#unacknowledged.has(name),
    );
  }

  /** Once is enough: the app may have said so before it asked for the next. */
  async #drop(name: string): Promise<void> {
    const { vault, platform, identity } = this.#session;
    if (vault.get(name) === undefined) return;
    await vault.transaction((draft) => {
      if (draft.get(name) === undefined) return;
      this.#owed++;
      const { id, device, copied } = dropJournal(draft, name);
      if (!copied) oweReceipt(draft, identity, "read", device, id, platform.now());
    });
  }

  #wake(): void {
    this.#changed?.();
    this.#changed = undefined;
  }

  /** @returns whether it was opened, so that keys must be destroyed before the acknowledgement */
  async #take(draft: VaultDraft, held: HeldEnvelope, news: News[]): Promise<boolean> {
    const now = this.#session.platform.now();
    try {
      const taken = await inSavepoint(draft, (inner) => this.#open(inner, held, now));
      news.push(...(taken?.news ?? []));
      if (taken?.journaled !== undefined) this.#unacknowledged.add(taken.journaled);
      return taken !== undefined;
    } catch (error) {
      noteFailed(draft, { now: this.#session.life.now(), budget: this.#budget }, held.envelope);
      if (!setAsideFailed(draft, held, now)) news.push({ kind: "failed", error });
      return false;
    }
  }

  async #open(draft: VaultDraft, held: HeldEnvelope, now: number): Promise<Taken | undefined> {
    const { identity, life } = this.#session;
    const admission = new Admission(draft, identity, now);
    const context = {
      identity,
      now: life.now(),
      budget: this.#budget,
      admit: admission.admit,
      channelsOf: (founder: string) =>
        isAcquainted(draft, identity.address.text, founder) ? MAX_LIVE_CHANNELS : MAX_STRANGER_CHANNELS,
    };
    const result = await openEnvelope(draft, context, held.envelope);
    if (result.outcome === "unknown") setAside(draft, held, now);
    if (result.outcome !== "opened") return undefined;
    return takeMessage(draft, identity, result, held, admission.list, now);
  }

  /** Used keys are destroyed before anything is acknowledged, and what is dropped soon after; an earlier run's too. */
  async #settle(): Promise<void> {
    const owed = this.#owed;
    if (this.#covered >= owed) return;
    await this.#session.vault.checkpoint();
    this.#covered = Math.max(this.#covered, owed);
  }
}

function shown(reader: VaultReader, entry: JournalEntry): Omit<IncomingText, "done"> {
  const { id, from, other, own, conversation, text, sentAt } = entry;
  const place = other === undefined ? { conversation } : own ? { to: other } : {};
  const author = getContact(reader, personOf(reader, from));
  const isStranger = !own && (author === undefined || isUnverified(author));
  return { id, from, ...(isStranger ? { unverified: true } : {}), ...place, text, sentAt };
}
