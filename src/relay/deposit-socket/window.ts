/** What a deposit socket has in hand, and what it may take yet. Pure. */
import { depositItemSize, type NumberedDeposit } from "../../protocol/deposit-frames.ts";
import { MAX_SOCKET_DEPOSITS, MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "../../protocol/limits.ts";

export type Verdict = "taken" | "malformed" | "overrun";

export class DepositWindow {
  #items = 0;
  #bytes = 0;
  #taken = 0;
  #last = -1;

  get isEmpty(): boolean {
    return this.#items === 0;
  }

  /** Whether it took as many as it ever takes. */
  get isUsedUp(): boolean {
    return this.#taken >= MAX_SOCKET_DEPOSITS;
  }

  /** A frame is taken as a whole or not at all. */
  take(items: readonly NumberedDeposit[]): Verdict {
    const [first] = items;
    const bytes = sizeOf(items);
    if (first === undefined || first.number <= this.#last) return "malformed";
    const fits =
      this.#items + items.length <= MAX_UNANSWERED_DEPOSITS &&
      this.#bytes + bytes <= MAX_UNANSWERED_BYTES &&
      this.#taken + items.length <= MAX_SOCKET_DEPOSITS;
    if (!fits) return "overrun";
    this.#items += items.length;
    this.#bytes += bytes;
    this.#taken += items.length;
    this.#last = items.at(-1)?.number ?? first.number;
    return "taken";
  }

  answered(items: readonly NumberedDeposit[]): void {
    this.#items -= items.length;
    this.#bytes -= sizeOf(items);
  }
}

function sizeOf(items: readonly NumberedDeposit[]): number {
  return items.reduce((bytes, item) => bytes + depositItemSize(item), 0);
}
