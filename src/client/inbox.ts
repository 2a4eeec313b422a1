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
import type { Address } from "../protocol/address.ts";
import { encodeBase64url } from "../protocol/base64url.ts";
import { MAX_ACKNOWLEDGED_IDS } from "../protocol/limits.ts";
import { confirmAside, type HeldEnvelope, setAside, takeExpected, unconfirmedAside } from "./aside.ts";
import { FoundingBudget } from "./channel/budget.ts";
import type { Message } from "./channel/content.ts";
import { conversationOf } from "./channel/conversation.ts";
import { openEnvelope } from "./channel/opening.ts";
import { learnReplyTo } from "./contacts.ts";
import { appendJournal, confirmJournal, dropJournal, listJournal } from "./journal.ts";
import { dropQueued } from "./queue.ts";
import { markUndecided } from "./sent.ts";
import type { Session } from "./session.ts";
import type { VaultDraft } from "./vault/vault.ts";

/** A text, as the app gets it. */
export interface IncomingText {
  /** Stable: the same text comes with the same id if the app did not finish with it. */
  readonly id: string;
  /** The sender's address, proven by their signature. */
  readonly from: string;
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
    await vault.transaction(async (draft) => {
      let opened = false;
      for (const held of batch) if (await this.#take(draft, held)) opened = true;
      if (!opened) return;
      this.#moved++;
      for (const aside of takeExpected(draft, platform.now()))
        await this.#take(draft, { ...aside, revocable: !aside.confirmed });
    });
    const journaled = [...this.#unacknowledged];
    await this.#settle();
    const results = await acknowledge(batch.map(({ id }) => id));
    for (const name of journaled) this.#unacknowledged.delete(name);
    if (results !== undefined) await this.confirm(results);
    else this.#wake();
  }

  /** What the relay answered to an acknowledgement. */
  async confirm(results: readonly { readonly id: number; readonly erased: boolean }[]): Promise<void> {
    if (this.#unconfirmed().length > 0)
      await this.#session.vault.transaction((draft) => {
        confirmJournal(draft, results);
        confirmAside(draft, results);
      });
    this.#wake();
  }

  /** The relay holds nothing more that is not acknowledged: what lost its answer on the way is the app's now. */
  async drained(): Promise<void> {
    await this.#settle();
    this.#unacknowledged.clear();
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
        for (const [name, { id, from, text, sentAt }] of ready) {
          if (signal.aborted) return;
          handed.add(name);
          const done = () => this.#drop(name);
          yield { id, from, text, sentAt, done };
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
    const { vault } = this.#session;
    if (vault.get(name) !== undefined) await vault.transaction((draft) => dropJournal(draft, name));
  }

  #wake(): void {
    this.#changed?.();
    this.#changed = undefined;
  }

  /** @returns whether it was opened, so that keys must be destroyed before the acknowledgement */
  async #take(draft: VaultDraft, held: HeldEnvelope): Promise<boolean> {
    const { identity, platform } = this.#session;
    const context = {
      identity,
      now: platform.now(),
      budget: this.#budget,
      admit: (sender: Address, message: Message) => admitPair(identity.address, sender, message),
    };
    const result = await openEnvelope(draft, context, held.envelope);
    if (result.outcome === "unknown") setAside(draft, held, platform.now());
    if (result.outcome !== "opened") return false;
    const { head, content } = result.message;
    const from = result.from.text;
    if (result.founderLostState) {
      markUndecided(draft, from);
      // Sealed on a channel that the other side has forgotten: it would be taken and never opened.
      dropQueued(draft, ({ to }) => to === from, { state: "undecided" });
    }
    if (head.replyTo !== undefined) learnReplyTo(draft, identity.relay, from, head.replyTo, head.sentAt);
    if (content.kind === "text") {
      const name = appendJournal(draft, {
        id: encodeBase64url(content.id),
        from,
        text: content.body,
        sentAt: head.sentAt,
        heldAs: held.id,
        confirmed: !held.revocable,
      });
      this.#unacknowledged.add(name);
    }
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

function admitPair(own: Address, from: Address, { content }: Message): "admitted" | "refused" {
  if (content.kind !== "text" && content.kind !== "part") return "admitted";
  const { conversation } = conversationOf(own, from);
  return conversation.every((octet, i) => octet === content.conversation[i]) ? "admitted" : "refused";
}
