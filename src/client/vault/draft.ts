import { assertName, type Change } from "./change.ts";
import type { VaultDraft } from "./vault.ts";

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
  readonly #before: ReadonlyMap<string, Uint8Array>;
  readonly #change = new Map<string, Uint8Array | undefined>();
  #ended = false;

  constructor(before: ReadonlyMap<string, Uint8Array>) {
    this.#before = before;
  }

  get(name: string): Uint8Array | undefined {
    this.#assertRunning();
    return (this.#change.has(name) ? this.#change.get(name) : this.#before.get(name))?.slice();
  }

  list(prefix: string): [name: string, value: Uint8Array][] {
    this.#assertRunning();
    const entries = new Map(this.#before);
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
    if (this.#before.has(name)) this.#change.set(name, undefined);
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
