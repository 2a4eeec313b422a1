/** A vault file as it is written: records appended and synced, or the whole put in place anew. */
import { type FileHandle, link, open, rename, stat } from "node:fs/promises";
import { concatBytes } from "@noble/hashes/utils.js";
import type { Change } from "./change.ts";
import { destroy, syncDirectory, unlessMissing, writeAll } from "./durable-file.ts";
import type { FileLock } from "./file-lock.ts";
import type { KeySource } from "./master-key.ts";
import { encodeHeader, HEADER_SIZE, type RecordKeys, sealRecord } from "./sealed-format.ts";
import { hasOutgrown, type Medium } from "./stored-vault.ts";
import { VaultInUseError } from "./vault.ts";

/** Readable and writable by its owner alone. */
const MODE = 0o600;

export interface OpenFile {
  readonly handle: FileHandle;
  readonly keys: RecordKeys;
  /** Of the next record. */
  sequence: number;
  size: number;
  snapshotEnd: number;
}

export class FileMedium implements Medium {
  readonly #path: string;
  readonly #lock: FileLock;
  readonly #source: KeySource;
  readonly #master: Uint8Array;
  #file: OpenFile;
  #unknown = false;

  constructor(path: string, lock: FileLock, source: KeySource, master: Uint8Array, file: OpenFile) {
    this.#path = path;
    this.#lock = lock;
    this.#source = source;
    this.#master = master;
    this.#file = file;
  }

  get outgrown(): boolean {
    const { size, snapshotEnd } = this.#file;
    return hasOutgrown(size - snapshotEnd, snapshotEnd);
  }

  async append(change: Change): Promise<void> {
    const { handle, size, keys, sequence } = this.#file;
    const record = sealRecord(keys, sequence, change);
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
          this.#unknown = true;
        });
      throw error;
    }
    this.#file.size += record.length;
    this.#file.sequence += 1;
  }

  async rewrite(entries: ReadonlyMap<string, Uint8Array>): Promise<void> {
    await this.#assertOurs();
    const before = this.#file;
    const old = `${this.#path}.old`;
    await destroy(old, this.#path, HEADER_SIZE);
    const file = await writeFresh(this.#path, this.#source, this.#master, entries, old);
    this.#file = file;
    await before.handle.close();
    await destroy(old, this.#path, HEADER_SIZE);
  }

  async close(): Promise<void> {
    this.#master.fill(0);
    try {
      await this.#file.handle.close();
    } finally {
      await this.#lock.release();
    }
  }

  /** Compare-and-set: that the file at the path is the one we hold, and as long as we left it. */
  async #assertOurs(): Promise<void> {
    if (this.#unknown) throw new Error("The vault could not be written. Close it and open it again.");
    const there = await stat(this.#path, { bigint: true }).catch(unlessMissing);
    const ours = await this.#file.handle.stat({ bigint: true });
    const same = there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
    if (!same || there.size !== BigInt(this.#file.size))
      throw new VaultInUseError(`${this.#path} was changed by another program. Nothing was written.`);
  }
}

/**
 * Writes a file under a fresh data key and puts it at `path` in one step. The file that was there stays at
 * `old`, by name, until it is destroyed: a crash in between must not leave its key on the medium for good.
 */
export async function writeFresh(
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
