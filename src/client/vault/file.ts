/**
 * A vault in one encrypted file (file-format.ts), for Node. A transaction appends one record and syncs it; a
 * checkpoint writes the file anew under a fresh data key and destroys the old one.
 *
 * Beside `vault` there may be, for moments or after a crash: `vault.lock` (file-lock.ts), `vault.new` (a
 * checkpoint being written), `vault.old` (the file before a checkpoint, about to be destroyed).
 */
import { constants } from "node:fs";
import { type FileHandle, link, open, rename, stat } from "node:fs/promises";
import { concatBytes } from "@noble/hashes/utils.js";
import { applyChange } from "./change.ts";
import { Draft, listEntries } from "./draft.ts";
import { destroy, syncDirectory, unlessMissing, writeAll } from "./durable-file.ts";
import {
  decodeKeySource,
  encodeHeader,
  HEADER_SIZE,
  openHeader,
  openRecord,
  type RecordKeys,
  sealRecord,
} from "./file-format.ts";
import { type FileLock, takeLock } from "./file-lock.ts";
import {
  type KeySource,
  masterKey,
  newKeySource,
  SCRYPT_COST,
  type ScryptCost,
  type VaultSecret,
} from "./master-key.ts";
import { Turns } from "./turns.ts";
import { type Vault, type VaultDraft, VaultInUseError, VaultUnreadableError } from "./vault.ts";

/** Readable and writable by its owner alone. */
const MODE = 0o600;

/**
 * Records may take this much, and as much as the snapshot, before a transaction makes a checkpoint of its own:
 * a device that only sends must not grow its file without end, and a rewrite must stay rare.
 */
const MAX_RECORDS_SIZE = 1024 * 1024;

export interface FileVaultOptions {
  /** For a new vault with a passphrase; an existing one says its own. */
  readonly scrypt?: ScryptCost;
}

interface OpenFile {
  handle: FileHandle;
  keys: RecordKeys;
  /** Of the next record. */
  sequence: number;
  size: number;
  snapshotEnd: number;
}

export class FileVault implements Vault {
  readonly #path: string;
  readonly #lock: FileLock;
  readonly #master: Uint8Array;
  readonly #source: KeySource;
  readonly #entries: Map<string, Uint8Array>;
  readonly #turns = new Turns();
  #file: OpenFile;
  #ended: string | undefined;

  private constructor(
    path: string,
    lock: FileLock,
    source: KeySource,
    master: Uint8Array,
    entries: Map<string, Uint8Array>,
    file: OpenFile,
  ) {
    this.#path = path;
    this.#lock = lock;
    this.#source = source;
    this.#master = master;
    this.#entries = entries;
    this.#file = file;
  }

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
        return new FileVault(path, lock, source, master, new Map(), file);
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
      return new FileVault(path, lock, source, master, entries, file);
    } catch (error) {
      await handle.close();
      throw error;
    }
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
      const draft = new Draft(this.#entries);
      try {
        const result = await change(draft);
        const made = draft.end();
        if (made.size > 0) {
          const { size, snapshotEnd } = this.#file;
          if (size - snapshotEnd > Math.max(MAX_RECORDS_SIZE, snapshotEnd)) await this.#rewrite();
          await this.#append(sealRecord(this.#file.keys, this.#file.sequence, made));
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
      await this.#rewrite();
    });
  }

  async close(): Promise<void> {
    await this.#turns.run(async () => {
      if (this.#ended === CLOSED) return;
      this.#ended = CLOSED;
      this.#entries.clear();
      this.#master.fill(0);
      await this.#file.handle.close();
      await this.#lock.release();
    });
  }

  async #append(record: Uint8Array): Promise<void> {
    const { handle, size } = this.#file;
    await this.#assertOurs();
    try {
      await writeAll(handle, record, size);
      await handle.datasync();
    } catch (error) {
      // Take back what arrived. If that fails too, what is on the medium is unknown: no more writing over it.
      await handle
        .truncate(size)
        .then(() => handle.sync())
        .catch(() => {
          this.#ended = "The vault could not be written. Close it and open it again.";
        });
      throw error;
    }
    this.#file.size += record.length;
    this.#file.sequence += 1;
  }

  async #rewrite(): Promise<void> {
    await this.#assertOurs();
    const before = this.#file;
    const old = `${this.#path}.old`;
    await destroy(old, this.#path, HEADER_SIZE);
    const file = await writeFresh(this.#path, this.#source, this.#master, this.#entries, old);
    this.#file = file;
    await before.handle.close();
    await destroy(old, this.#path, HEADER_SIZE);
  }

  /** Compare-and-set: that the file at the path is the one we hold, and as long as we left it. */
  async #assertOurs(): Promise<void> {
    const there = await stat(this.#path, { bigint: true }).catch(unlessMissing);
    const ours = await this.#file.handle.stat({ bigint: true });
    const same = there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
    if (!same || there.size !== BigInt(this.#file.size))
      throw new VaultInUseError(`${this.#path} was changed by another program. Nothing was written.`);
  }

  #assertOpen(): void {
    if (this.#ended !== undefined) throw new Error(this.#ended);
  }
}

const CLOSED = "The vault is closed.";

/**
 * Writes a file under a fresh data key and puts it at `path` in one step. The file that was there stays at
 * `old`, by name, until it is destroyed: a crash in between must not leave its key on the medium for good.
 */
async function writeFresh(
  path: string,
  source: KeySource,
  master: Uint8Array,
  entries: ReadonlyMap<string, Uint8Array>,
  old?: string,
): Promise<OpenFile> {
  await destroy(`${path}.new`, path, HEADER_SIZE);
  const { header, keys } = encodeHeader(source, master);
  const octets = concatBytes(header, sealRecord(keys, 0, entries));
  const handle = await open(`${path}.new`, "wx+", MODE);
  try {
    await writeAll(handle, octets, 0);
    await handle.sync();
    if (old !== undefined) await link(path, old);
    await rename(`${path}.new`, path);
    await syncDirectory(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return { handle, keys, sequence: 1, size: octets.length, snapshotEnd: octets.length };
}
