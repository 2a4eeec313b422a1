/** Changes of what is known of a text that may fall back, durable first and then told. */
import type { Session } from "../session.ts";
import type { VaultDraft } from "../vault/vault.ts";
import { getFallback, putFallback, type StoredFallback, shownFallback } from "./fallback.ts";

export class Book {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * @param beside noted in the same transaction
   * @returns what it is now; the app is told when its state is another
   */
  async change(
    id: string,
    change: (fallback: StoredFallback) => StoredFallback,
    beside: (draft: VaultDraft, before: StoredFallback) => void = () => undefined,
  ): Promise<StoredFallback | undefined> {
    const { vault, news } = this.#session;
    let before: StoredFallback | undefined;
    const after = await vault.transaction((draft) => {
      before = getFallback(draft, id);
      if (before === undefined) return undefined;
      const next = change(before);
      const changed: StoredFallback =
        next.state === "undecided" && before.state !== "undecided" ? { ...next, untold: true } : next;
      if (changed !== before) putFallback(draft, changed);
      beside(draft, before);
      return changed;
    });
    if (after !== undefined && after.state !== before?.state && !after.untold)
      news.tell([{ kind: "fallback", fallback: shownFallback(after) }]);
    return after;
  }

  /** What is undecided is told before anything else becomes of it, and again if a crash came between. */
  async tell(fallback: StoredFallback): Promise<true> {
    const { vault, news } = this.#session;
    news.tell([{ kind: "fallback", fallback: shownFallback(fallback) }]);
    await vault.transaction((draft) => {
      const { untold: _, ...told } = getFallback(draft, fallback.id) ?? fallback;
      putFallback(draft, told);
    });
    return true;
  }
}
