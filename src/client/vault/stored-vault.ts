/** The vault over any medium: its state in memory, its transactions one at a time, written before they count. */
import { applyChange, type Change } from "./change.ts";
import { Draft, listEntries } from "./draft.ts";
import { Turns } from "./turns.ts";
import type { Vault, VaultDraft } from "./vault.ts";

type Entries = ReadonlyMap<string, Uint8Array>;

/**
 * Where a vault's state is kept. Calls come one at a time. Each one has done all of its work when it resolves;
 * when it rejects, what a new opening reads is what it was before.
 *
 * @throws VaultInUseError from either write when the medium does not hold what this writer left there
 */
export interface Medium {
  /** Adds a change to what is there. */
  append(change: Change): Promise<void>;
  /** Writes the whole state anew under a fresh data key, and destroys the old one. */
  rewrite(entries: Entries): Promise<void>;
  /** Whether so many changes were appended that the whole should be written anew. */
  readonly outgrown: boolean;
  close(): Promise<void>;
}

/**
 * Changes may take this much, and as much as the snapshot, before a transaction makes a checkpoint of its own:
 * a device that only sends must not grow its medium without end, and a rewrite must stay rare.
 */
const MAX_CHANGES_SIZE = 1024 * 1024;

/** Sizes in octets. */
export function hasOutgrown(changes: number, snapshot: number): boolean {
  return changes > Math.max(MAX_CHANGES_SIZE, snapshot);
}

export class StoredVault implements Vault {
  readonly #medium: Medium;
  readonly #entries: Map<string, Uint8Array>;
  readonly #turns = new Turns();
  #closed = false;

  /** @param entries what the medium holds; the vault's own from now on */
  protected constructor(medium: Medium, entries: Map<string, Uint8Array>) {
    this.#medium = medium;
    this.#entries = entries;
  }

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
      const draft = new Draft(this);
      try {
        const result = await change(draft);
        const made = draft.end();
        if (made.size > 0) {
          if (this.#medium.outgrown) await this.#medium.rewrite(this.#entries);
          await this.#medium.append(made);
          applyChange(this.#entries, made);
        }
        return result;
      } finally {
        draft.end();
      }
    });
  }

  async checkpoint(): Promise<void> {
    this.#assertOpen();
    await this.#turns.run(async () => {
      this.#assertOpen();
      await this.#medium.rewrite(this.#entries);
    });
  }

  async close(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#closed) return;
      this.#closed = true;
      this.#entries.clear();
      await this.#medium.close();
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error("The vault is closed.");
  }
}
