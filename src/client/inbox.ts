/**
 * Receiving, in the one order that neither loses a text nor leaves its key behind:
 *
 *     open → one vault transaction: channel moved on, text in the journal → checkpoint: used keys destroyed
 *     → acknowledge → hand to the app → drop from the journal
 *
 * A crash anywhere is made good: before the transaction the relay pushes again; after it the text is in the
 * journal and a repeated push is known as a double, acknowledged and dropped. A revocable text waits for the
 * relay's confirmation before it is handed over: the sender may have been first.
 */
import { MAX_ACKNOWLEDGED_IDS } from "../protocol/limits.ts";
import { Admission } from "./admission.ts";
import {
  confirmAside,
  type HeldEnvelope,
  hasOpenable,
  setAside,
  takeOpenable,
  unconfirmedAside,
} from "./aside.ts";
import { FoundingBudget } from "./channel/budget.ts";
import { openEnvelope } from "./channel/opening.ts";
import { getContact, isUnverified } from "./contacts.ts";
import { confirmJournal, dropJournal, type JournalEntry, listJournal } from "./journal.ts";
import type { News } from "./news.ts";
import { passOn } from "./passing-on.ts";
import { personOf } from "./people/persons.ts";
import { oweReceipt } from "./receipts.ts";
import type { Session } from "./session.ts";
import { takeMessage } from "./taking.ts";
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
  /** The app is done: the device forgets the text. Asking for the next one says the same. */
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
   * Batches that moved channels on, and how many of those a checkpoint has covered. An earlier run may have ended
   * between the two: until this one has made a checkpoint, one is owed.
   */
  #moved = 1;
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
      if (opened) this.#moved++;
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
    if (this.#unconfirmed().length > 0)
      await vault.transaction((draft) => {
        for (const entry of confirmJournal(draft, results, platform.now()))
          passOn(draft, identity.address.text, entry, platform.now());
        confirmAside(draft, results);
      });
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
    if (!hasOpenable(vault)) return;
    const news: News[] = [];
    const before = new Set(this.#unacknowledged);
    await vault.transaction(async (draft) => {
      let opened = false;
      for (const aside of takeOpenable(draft, platform.now()))
        if (await this.#take(draft, { ...aside, revocable: !aside.confirmed }, news)) opened = true;
      if (opened) this.#moved++;
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

  /** Texts in order of arrival, as long as `signal` lets it; ends when `drained` and the journal is empty. */
  async *texts(signal: AbortSignal, drained: () => boolean): AsyncGenerator<IncomingText, void, undefined> {
    const handed = new Set<string>();
    const wake = () => this.#wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        const ready = this.#ready().filter(([name]) => !handed.has(name));
        if (ready.length === 0) {
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
    }
  }

  #ready() {
    return listJournal(this.#session.vault).filter(
      ([name, { confirmed }]) => confirmed && !this.#unacknowledged.has(name),
    );
  }

  /** Once is enough: the app may have said so before it asked for the next. */
  async #drop(name: string): Promise<void> {
    const { vault, platform } = this.#session;
    if (vault.get(name) === undefined) return;
    await vault.transaction((draft) => {
      if (draft.get(name) === undefined) return;
      const { id, device, copied } = dropJournal(draft, name);
      if (!copied) oweReceipt(draft, "read", device, id, platform.now());
    });
  }

  #wake(): void {
    this.#changed?.();
    this.#changed = undefined;
  }

  /** @returns whether it was opened, so that keys must be destroyed before the acknowledgement */
  async #take(draft: VaultDraft, held: HeldEnvelope, news: News[]): Promise<boolean> {
    const { identity, platform, life } = this.#session;
    const now = platform.now();
    const admission = new Admission(draft, identity);
    const context = { identity, now: life.now(), budget: this.#budget, admit: admission.admit };
    const result = await openEnvelope(draft, context, held.envelope);
    if (result.outcome === "unknown") setAside(draft, held, now);
    if (result.outcome !== "opened") return false;
    const taken = takeMessage(draft, identity, result, held, admission.list, now);
    news.push(...taken.news);
    if (taken.journaled !== undefined) this.#unacknowledged.add(taken.journaled);
    return true;
  }

  /** Used keys are destroyed before anything is acknowledged, also those that an earlier run left. */
  async #settle(): Promise<void> {
    const moved = this.#moved;
    if (this.#covered >= moved) return;
    await this.#session.vault.checkpoint();
    this.#covered = Math.max(this.#covered, moved);
  }
}

function shown(reader: VaultReader, entry: JournalEntry): Omit<IncomingText, "done"> {
  const { id, from, other, own, conversation, text, sentAt } = entry;
  const place = other === undefined ? { conversation } : own ? { to: other } : {};
  const author = getContact(reader, personOf(reader, from));
  const isStranger = !own && (author === undefined || isUnverified(author));
  return { id, from, ...(isStranger ? { unverified: true } : {}), ...place, text, sentAt };
}
