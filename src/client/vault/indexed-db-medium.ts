/** A vault's rows in IndexedDB as they are written, each write a compare-and-set on the head's generation. */
import type { Change } from "./change.ts";
import { newHead, type Sealing } from "./head-sealing.ts";
import { type RecordKeys, sealRecord } from "./sealed-format.ts";
import { hasOutgrown, type Medium } from "./stored-vault.ts";
import type { TabLock } from "./tab-lock.ts";
import { VaultInUseError } from "./vault.ts";
import { type Head, newGeneration, writeIfUnchanged } from "./vault-database.ts";

/** What this writer left in the database. Sizes in octets. */
export interface Left {
  readonly head: Head;
  readonly keys: RecordKeys;
  /** Of the next record. */
  readonly sequence: number;
  readonly snapshotSize: number;
  readonly changesSize: number;
}

export class IndexedDbMedium implements Medium {
  readonly #database: IDBDatabase;
  readonly #lock: TabLock;
  readonly #sealing: Sealing;
  #left: Left;

  constructor(database: IDBDatabase, lock: TabLock, sealing: Sealing, left: Left) {
    this.#database = database;
    this.#lock = lock;
    this.#sealing = sealing;
    this.#left = left;
  }

  get outgrown(): boolean {
    return hasOutgrown(this.#left.changesSize, this.#left.snapshotSize);
  }

  async append(change: Change): Promise<void> {
    const { head, keys, sequence, changesSize } = this.#left;
    const record = sealRecord(keys, sequence, change);
    const next = { ...head, generation: newGeneration() };
    await writeOver(this.#database, head, next, (records) => records.add(record, sequence));
    this.#left = {
      ...this.#left,
      head: next,
      sequence: sequence + 1,
      changesSize: changesSize + record.length,
    };
  }

  async rewrite(entries: ReadonlyMap<string, Uint8Array>): Promise<void> {
    this.#left = await writeSnapshot(this.#database, this.#left.head, this.#sealing, entries);
  }

  async close(): Promise<void> {
    if (this.#sealing !== "browser") this.#sealing.master.fill(0);
    this.#database.close();
    await this.#lock.release();
  }
}

/**
 * Writes the whole state under a fresh data key, over what `before` heads (undefined: a new vault), in one
 * transaction.
 *
 * @throws VaultInUseError when something else is there
 */
export async function writeSnapshot(
  database: IDBDatabase,
  before: Head | undefined,
  sealing: Sealing,
  entries: ReadonlyMap<string, Uint8Array>,
): Promise<Left> {
  // An IndexedDB transaction ends when it is left waiting for anything else: all sealing is done before it.
  const { head, keys } = await newHead(sealing);
  const snapshot = sealRecord(keys, 0, entries);
  await writeOver(database, before, head, (records) => {
    records.clear();
    records.add(snapshot, 0);
  });
  return { head, keys, sequence: 1, snapshotSize: snapshot.length, changesSize: 0 };
}

/** Makes the vault this writer's: one that read the same state, and has no lock to know of us, writes no more. */
export async function claim(database: IDBDatabase, before: Head): Promise<Head> {
  const head = { ...before, generation: newGeneration() };
  await writeOver(database, before, head, () => {});
  return head;
}

async function writeOver(
  database: IDBDatabase,
  before: Head | undefined,
  head: Head,
  write: (records: IDBObjectStore) => void,
): Promise<void> {
  if (!(await writeIfUnchanged(database, before?.generation, head, write)))
    throw new VaultInUseError(`${database.name} was changed by another tab. Nothing was written.`);
}
