import { assertName, type Change } from "./change.ts";
import type { VaultDraft, VaultReader } from "./vault.ts";

/** The entries that `entries` holds under `prefix`, by name, as copies. */
export function listEntries(
  entries: ReadonlyMap<string, Uint8Array>,
  prefix: string,
): [name: string, value: Uint8Array][] {
  return [...entries]
    .filter(([name]) => name.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [name, value.slice()]);
}

/** A transaction's view of the entries: what it changed lies over what was there, which stays untouched. */
export class Draft implements VaultDraft {
  readonly #before: VaultReader;
  readonly #change = new Map<string, Uint8Array | undefined>();
  #ended = false;

  constructor(before: VaultReader) {
    this.#before = before;
  }

  get(name: string): Uint8Array | undefined {
    this.#assertRunning();
    return this.#change.has(name) ? this.#change.get(name)?.slice() : this.#before.get(name);
  }

  list(prefix: string): [name: string, value: Uint8Array][] {
    this.#assertRunning();
    const entries = new Map(this.#before.list(prefix));
    for (const [name, value] of this.#change) {
      if (value === undefined) entries.delete(name);
      else entries.set(name, value);
    }
    return listEntries(entries, prefix);
  }

  /** @throws RangeError when the name can't be stored; at once, so that the caller sees which. */
  put(name: string, value: Uint8Array): void {
    this.#assertRunning();
    assertName(name);
    this.#change.set(name, value.slice());
  }

  delete(name: string): void {
    this.#assertRunning();
    if (this.#before.get(name) !== undefined) this.#change.set(name, undefined);
    else this.#change.delete(name);
  }

  /** Ends the draft: a change made after its transaction would be lost without a word. */
  end(): Change {
    this.#ended = true;
    return this.#change;
  }

  #assertRunning(): void {
    if (this.#ended) throw new Error("This transaction has ended: its draft can't be used any more.");
  }
}

/** A step of a transaction that may fail by itself: what it put and deleted is in `draft` then, or nothing of it. */
export async function inSavepoint<T>(
  draft: VaultDraft,
  step: (inner: VaultDraft) => T | Promise<T>,
): Promise<T> {
  const inner = new Draft(draft);
  try {
    const result = await step(inner);
    for (const [name, value] of inner.end()) {
      if (value === undefined) draft.delete(name);
      else draft.put(name, value);
    }
    return result;
  } finally {
    inner.end();
  }
}
