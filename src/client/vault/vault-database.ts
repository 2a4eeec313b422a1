/**
 * A vault's database in IndexedDB, as rows; what they mean is sealed-format.ts's affair.
 *
 *     store "head"       key 0                     one {@link Head}
 *     store "records"    key: sequence number      Uint8Array, a sealed record
 *
 * All that one write changes is one IndexedDB transaction, durable when it is confirmed: a crash leaves it whole
 * or leaves nothing of it.
 */
import { equalBytes, randomBytes } from "@noble/ciphers/utils.js";
import { VaultUnreadableError } from "./vault.ts";

const HEAD = "head";
const RECORDS = "records";
const HEAD_KEY = 0;
const VERSION = 1;
const GENERATION_SIZE = 16;

export interface Head {
  /**
   * New with each write, 16 random octets: who finds another one here than it left has been overtaken. A number
   * that counts could come again after an old copy was put back.
   */
  readonly generation: Uint8Array;
  readonly header: Uint8Array;
  /** Only in a vault whose key the browser keeps. */
  readonly browserKey?: CryptoKey;
}

export function newGeneration(): Uint8Array {
  return randomBytes(GENERATION_SIZE);
}

export interface VaultRows {
  readonly head: Head;
  readonly records: readonly Uint8Array[];
}

/** Opens the database, or makes it with nothing in it. @throws VaultUnreadableError when it is something else. */
export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(HEAD);
      request.result.createObjectStore(RECORDS);
    };
    request.onsuccess = () => {
      const database = request.result;
      const { objectStoreNames: stores } = database;
      if (stores.contains(HEAD) && stores.contains(RECORDS)) return resolve(database);
      database.close();
      reject(new VaultUnreadableError(`The database ${name} is not a vault.`));
    };
    request.onerror = () => {
      const { error } = request;
      const newer = error?.name === "VersionError";
      reject(newer ? new VaultUnreadableError(`The database ${name} is of a later version.`) : error);
    };
  });
}

/**
 * Reads all rows, as of one moment.
 *
 * @returns undefined when there are none: a new database.
 * @throws VaultUnreadableError when they have not the form of a vault's.
 */
export async function readRows(database: IDBDatabase): Promise<VaultRows | undefined> {
  const [head, keys, records] = await new Promise<[unknown, IDBValidKey[], unknown[]]>((resolve, reject) => {
    const transaction = database.transaction([HEAD, RECORDS], "readonly");
    const store = transaction.objectStore(RECORDS);
    const found = transaction.objectStore(HEAD).get(HEAD_KEY);
    const keys = store.getAllKeys();
    const records = store.getAll();
    transaction.oncomplete = () => resolve([found.result, keys.result, records.result]);
    transaction.onabort = () => reject(transaction.error);
  });
  if (head === undefined && records.length === 0) return undefined;
  const whole = keys.every((key, i) => key === i) && records.every((record) => record instanceof Uint8Array);
  if (!whole || !isHead(head) || records.length === 0)
    throw new VaultUnreadableError(`The database ${database.name} is not a vault, or is damaged.`);
  return { head, records };
}

/**
 * Puts `head` and does `write`, if the head there is still the one of `expected` (undefined: none).
 *
 * @returns false when it is another one, and nothing was written
 * @throws DOMException when it can't be written, as QuotaExceededError; nothing was
 */
export function writeIfUnchanged(
  database: IDBDatabase,
  expected: Uint8Array | undefined,
  head: Head,
  write: (records: IDBObjectStore) => void,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([HEAD, RECORDS], "readwrite", { durability: "strict" });
    const heads = transaction.objectStore(HEAD);
    let unchanged = false;
    transaction.oncomplete = () => resolve(unchanged);
    transaction.onabort = () => reject(transaction.error);
    const there = heads.get(HEAD_KEY);
    there.onsuccess = () => {
      unchanged = isGeneration(there.result, expected);
      if (!unchanged) return;
      heads.put(head, HEAD_KEY);
      write(transaction.objectStore(RECORDS));
    };
  });
}

function isGeneration(head: unknown, expected: Uint8Array | undefined): boolean {
  if (head === undefined || expected === undefined) return head === expected;
  return isHead(head) && equalBytes(head.generation, expected);
}

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  const { generation, header, browserKey } = value as Partial<Record<keyof Head, unknown>>;
  const keyed = browserKey === undefined || browserKey instanceof CryptoKey;
  return generation instanceof Uint8Array && header instanceof Uint8Array && keyed;
}
