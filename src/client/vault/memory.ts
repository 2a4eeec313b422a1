import { applyChange } from "./change.ts";
import { Draft, listEntries } from "./draft.ts";
import { Turns } from "./turns.ts";
import type { Vault, VaultDraft } from "./vault.ts";

/**
 * A vault that ends with its process: for tests, and for devices that are meant to be forgotten. Durable means
 * here: as long as the object lives.
 */
export class MemoryVault implements Vault {
  readonly #entries = new Map<string, Uint8Array>();
  readonly #turns = new Turns();
  #closed = false;

  get(name: string): Uint8Array | undefined {
    this.#assertOpen();
    return this.#entries.get(name)?.slice();
  }

  list(prefix: string): [name: string, value: Uint8Array][] {
    this.#assertOpen();
    return listEntries(this.#entries, prefix);
  }

  async transaction<T>(change: (draft: VaultDraft) => T | Promise<T>): Promise<T> {
    this.#assertOpen();
    return this.#turns.run(async () => {
      this.#assertOpen();
      const draft = new Draft(this.#entries);
      try {
        const result = await change(draft);
        applyChange(this.#entries, draft.end());
        return result;
      } finally {
        draft.end();
      }
    });
  }

  /** Nothing to do: what a transaction deleted is in no medium. */
  async checkpoint(): Promise<void> {
    this.#assertOpen();
    await this.#turns.run(() => this.#assertOpen());
  }

  async close(): Promise<void> {
    await this.#turns.run(() => {
      this.#closed = true;
      this.#entries.clear();
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("The vault is closed.");
  }
}
