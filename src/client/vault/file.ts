/**
 * A vault in one encrypted file, for Node: the header and records of sealed-format.ts, one behind another. A
 * transaction appends one record and syncs it; a checkpoint writes the file anew under a fresh data key and
 * destroys the old one.
 *
 * Beside `vault` there may be, for moments or after a crash: `vault.lock` (file-lock.ts), `vault.new` (a
 * checkpoint being written), `vault.old` (the file before a checkpoint, about to be destroyed).
 */
import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { applyChange } from "./change.ts";
import { destroy, unlessMissing } from "./durable-file.ts";
import { type FileLock, takeLock } from "./file-lock.ts";
import { FileMedium, type OpenFile, writeFresh } from "./file-medium.ts";
import { masterKey, newKeySource, SCRYPT_COST, type ScryptCost, type VaultSecret } from "./master-key.ts";
import { decodeKeySource, HEADER_SIZE, openHeader, openRecord } from "./sealed-format.ts";
import { StoredVault } from "./stored-vault.ts";
import { VaultInUseError, VaultUnreadableError } from "./vault.ts";

export interface FileVaultOptions {
  /** For a new vault with a passphrase; an existing one says its own. */
  readonly scrypt?: ScryptCost;
}

export class FileVault extends StoredVault {
  /**
   * Opens the vault at `path`, or makes an empty one. Finishes what a crash left: drops a record that was cut
   * short, destroys the old file or an unfinished new one.
   *
   * @throws VaultInUseError when another process has it open.
   * @throws VaultUnreadableError when the secret is not its own, or the file is damaged or something else.
   */
  static async open(path: string, secret: VaultSecret, options: FileVaultOptions = {}): Promise<FileVault> {
    const lock = await takeLock(`${path}.lock`);
    if (lock === undefined)
      throw new VaultInUseError(`${path} is in use by another process (its lock: ${path}.lock).`);
    try {
      await destroy(`${path}.new`, path, HEADER_SIZE);
      await destroy(`${path}.old`, path, HEADER_SIZE);
      if ((await stat(path).catch(unlessMissing)) === undefined) {
        const source = newKeySource(secret, options.scrypt ?? SCRYPT_COST);
        const master = await masterKey(secret, source);
        if (master === undefined) throw new VaultUnreadableError("The secret does not fit the vault.");
        const file = await writeFresh(path, source, master, new Map());
        return new FileVault(new FileMedium(path, lock, source, master, file), new Map());
      }
      return await FileVault.#read(path, secret, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #read(path: string, secret: VaultSecret, lock: FileLock): Promise<FileVault> {
    const handle = await open(path, constants.O_RDWR);
    try {
      const octets = new Uint8Array(await handle.readFile());
      const source = decodeKeySource(octets);
      if (source === undefined) throw new VaultUnreadableError(`${path} is not a vault, or is damaged.`);
      const master = await masterKey(secret, source);
      const keys = master && openHeader(octets, master);
      if (master === undefined || keys === undefined)
        throw new VaultUnreadableError(`${path} can't be opened with this passphrase or key.`);

      const entries = new Map<string, Uint8Array>();
      const file: OpenFile = { handle, keys, sequence: 0, size: HEADER_SIZE, snapshotEnd: HEADER_SIZE };
      while (file.size < octets.length || file.sequence === 0) {
        const record = openRecord(keys, file.sequence, octets, file.size);
        // A snapshot is in place whole or not at all: only what was appended can be cut short.
        if (record === "torn" && file.sequence > 0) break;
        if (record === "torn" || record === undefined)
          throw new VaultUnreadableError(`${path} is damaged: record ${file.sequence} can't be opened.`);
        applyChange(entries, record.change);
        file.size = record.end;
        if (file.sequence++ === 0) file.snapshotEnd = record.end;
      }
      if (file.size < octets.length) {
        await handle.truncate(file.size);
        await handle.sync();
      }
      return new FileVault(new FileMedium(path, lock, source, master, file), entries);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}
