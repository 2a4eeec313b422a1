/** Handing a text over to SMS: at most once, and only from a vault that no newer copy has got ahead of. */
import { isRelayError } from "../relay-problem.ts";
import { getSent } from "../sent.ts";
import type { Session } from "../session.ts";
import type { Book } from "./book.ts";
import { isFinal, type StoredFallback } from "./fallback.ts";

/** Sends an SMS, or opens what does. */
export type SmsHook = (sms: {
  readonly number: string;
  readonly text: string;
  /** The text's id. */
  readonly id: string;
  /** The relay's signed word of each mailbox that the text went to; none when it went to none. */
  readonly proofs: readonly string[];
}) => void | Promise<void>;

/** `again`: it is something else by now. `later`: not at present. */
export type HandedOver = "sms" | "hook-failed" | "no-hook" | "again" | "later";

export class HandingOver {
  readonly #session: Session;
  readonly #book: Book;
  /** Begun in this run: no copy of the vault can have got further with them. */
  readonly #begun = new Set<string>();
  /** The hook is, or was, at work on these in this run. */
  readonly #handed = new Set<string>();
  hook: SmsHook | undefined;

  constructor(session: Session, book: Book) {
    this.#session = session;
    this.#book = book;
  }

  noteBegun(id: string): void {
    this.#begun.add(id);
  }

  /** Whether its mark was left by a run that ended before it could say what came of it. */
  isInterrupted({ id, state }: StoredFallback): boolean {
    return state === "handing-over" && !this.#handed.has(id);
  }

  /** The mark comes before the call: a crash in between leaves a text that may have been sent. */
  async handOver({ id, number, text = "", ends }: StoredFallback): Promise<HandedOver> {
    const { vault, platform } = this.#session;
    const { hook } = this;
    if (hook === undefined) return platform.now() >= ends ? "no-hook" : "later";
    if (!(await this.#isNoOldCopy(id))) return "later";
    const marked = await this.#book.change(id, (found) =>
      isFinal(found) || found.noSms ? found : { ...found, state: "handing-over" },
    );
    if (marked?.state !== "handing-over") return "again";
    this.#handed.add(id);
    const proofs = getSent(vault, id)?.pieces.flatMap(({ proof }) => proof ?? []) ?? [];
    try {
      await hook({ number, text, id, proofs });
      return "sms";
    } catch {
      return "hook-failed";
    }
  }

  /**
   * Left by an earlier run, it may be in a newer copy of this vault too, which has handed it over since. The relay
   * tells; without its word it waits.
   */
  async #isNoOldCopy(id: string): Promise<boolean> {
    if (this.#begun.has(id)) return true;
    try {
      await this.#session.ensureCurrent();
      return true;
    } catch (error) {
      if (!isRelayError(error)) throw error;
      return false;
    }
  }
}
