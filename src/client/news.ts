/** What an app may want to know besides texts. News are hints: whatever they tell can also be asked for later. */
import type { Fallback } from "./fallback/fallback.ts";
import type { Sent } from "./sent.ts";

export type News =
  /** What became of texts can't be known: their recipient lost what would have opened them. */
  | { readonly kind: "undecided"; readonly ids: readonly string[] }
  /** A receipt came, or anything else changed what is known of a text that was sent. */
  | { readonly kind: "sent"; readonly sent: Sent }
  /** A person's devices changed, and with them the safety number; `verified` if it had been compared. */
  | {
      readonly kind: "devices-changed";
      readonly person: string;
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly verified: boolean;
    }
  /** This device now belongs to that person, or no longer does. */
  | { readonly kind: "linked" | "unlinked"; readonly person: string }
  /** Somebody made a conversation that this device's owner is in. */
  | { readonly kind: "conversation"; readonly id: string }
  /** A long text of which a part did not come in time, or for which there was no room; from whom, by person. */
  | { readonly kind: "given-up"; readonly id: string; readonly from: string }
  /** Something that arrived could not be taken in, for a fault of this program, and was dropped: for a report of it. */
  | { readonly kind: "failed"; readonly error: unknown }
  /** A text that may go by SMS got on: see `state`. */
  | { readonly kind: "fallback"; readonly fallback: Fallback }
  /**
   * A number leads to another person than when it was looked up before. If more than the number is known of the earlier
   * one, nothing is sent to it until `numbers.accept`.
   */
  | { readonly kind: "number-moved"; readonly number: string; readonly from: string; readonly to: string }
  /** The owner's own number does not lead to this device: to nobody, or to the device that was found. */
  | { readonly kind: "number-mismatch"; readonly number: string; readonly found?: string }
  /** Whether the owner's number leads to this device can't be told: the relay answers with nonsense, or not for weeks. */
  | { readonly kind: "number-unchecked"; readonly number: string }
  /** Another device verified the owner's number, and takes it over then, unless this one verifies it again. */
  | { readonly kind: "number-claimed"; readonly number: string; readonly effectiveAt: number }
  /**
   * Another notice is in force than the one agreed to. `material`: nobody can leave anything for this device until its
   * owner has agreed anew, by reading {@link Device.notice} and {@link Device.consent}; else it only informs.
   */
  | { readonly kind: "notice-changed"; readonly version: number; readonly material: boolean }
  /** So many keys were claimed today that the relay hands out no more until tomorrow. */
  | { readonly kind: "claim-limit"; readonly reachedAt: number };

export type Listener = (news: News) => void;

export class NewsDesk {
  readonly #listeners = new Set<Listener>();

  /** @returns what ends it */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Only what a transaction has made durable is news. */
  tell(news: readonly News[]): void {
    for (const item of news) for (const listener of this.#listeners) listener(item);
  }
}
