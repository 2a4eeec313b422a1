/**
 * A vault in IndexedDB, for browsers: the header and records of sealed-format.ts in rows (vault-database.ts). A
 * transaction adds one record; a checkpoint writes all anew under a fresh data key, in one IndexedDB transaction,
 * so that a crash leaves the state before it or the one after.
 *
 * Limits of the ground. Browsers keep what was deleted in their own files until they tidy them, so a destroyed
 * key is gone from IndexedDB at once and from the disk later. They may evict what an origin stores unless the app
 * has asked for `navigator.storage.persist()`; and Chromium empties an origin's databases that it finds corrupt,
 * as after its own process was killed in the middle of a write. What is lost is lost whole: a vault is then
 * empty, never an older one.
 */
import { applyChange } from "./change.ts";
import { type IndexedDbSecret, newSealing, openHead } from "./head-sealing.ts";
import { claim, IndexedDbMedium, writeSnapshot } from "./indexed-db-medium.ts";
import { SCRYPT_COST, type ScryptCost } from "./master-key.ts";
import { openRecord } from "./sealed-format.ts";
import { StoredVault } from "./stored-vault.ts";
import { type TabLock, takeTabLock } from "./tab-lock.ts";
import { VaultInUseError, VaultUnreadableError } from "./vault.ts";
import { openDatabase, readRows, type VaultRows } from "./vault-database.ts";

export interface IndexedDbVaultOptions {
  /** For a new vault with a passphrase; an existing one says its own. */
  readonly scrypt?: ScryptCost;
}

export class IndexedDbVault extends StoredVault {
  /**
   * Opens the vault `name` of this origin, or makes an empty one.
   *
   * @throws VaultInUseError when another tab or worker has it open, or this one.
   * @throws VaultUnreadableError when the secret is not its own, or the database is damaged or something else.
   */
  static async open(
    name: string,
    secret: IndexedDbSecret,
    options: IndexedDbVaultOptions = {},
  ): Promise<IndexedDbVault> {
    const own = `restante vault ${name}`;
    const lock = await takeTabLock(own);
    if (lock === undefined) throw new VaultInUseError(`The vault ${name} is in use by another tab.`);
    try {
      const database = await openDatabase(own);
      try {
        const rows = await readRows(database);
        if (rows !== undefined) return await IndexedDbVault.#read(database, lock, secret, rows);
        const sealing = await newSealing(secret, options.scrypt ?? SCRYPT_COST);
        const left = await writeSnapshot(database, undefined, sealing, new Map());
        return new IndexedDbVault(new IndexedDbMedium(database, lock, sealing, left), new Map());
      } catch (error) {
        database.close();
        throw error;
      }
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #read(
    database: IDBDatabase,
    lock: TabLock,
    secret: IndexedDbSecret,
    { head, records }: VaultRows,
  ): Promise<IndexedDbVault> {
    const opened = await openHead(head, secret);
    if (opened === undefined)
      throw new VaultUnreadableError(`${database.name} can't be opened with this secret, or is damaged.`);
    const { sealing, keys } = opened;
    const entries = new Map<string, Uint8Array>();
    let size = 0;
    for (const [sequence, octets] of records.entries()) {
      const record = openRecord(keys, sequence, octets, 0);
      // A row is there whole or not at all: none can be torn.
      if (record === undefined || record === "torn" || record.end !== octets.length)
        throw new VaultUnreadableError(`${database.name} is damaged: record ${sequence} can't be opened.`);
      applyChange(entries, record.change);
      size += octets.length;
    }
    const snapshotSize = records[0]?.length ?? 0;
    const left = {
      head: await claim(database, head),
      keys,
      sequence: records.length,
      snapshotSize,
      changesSize: size - snapshotSize,
    };
    return new IndexedDbVault(new IndexedDbMedium(database, lock, sealing, left), entries);
  }
}
