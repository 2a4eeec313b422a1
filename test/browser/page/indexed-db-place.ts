/** A vault's place in IndexedDB for the conformance test, read and restored without the vault's own code. */
import { browserMasterKey } from "../../../src/client/vault/browser-key.ts";
import type { IndexedDbSecret } from "../../../src/client/vault/head-sealing.ts";
import { IndexedDbVault } from "../../../src/client/vault/indexed-db.ts";
import { masterKey } from "../../../src/client/vault/master-key.ts";
import { decodeKeySource } from "../../../src/client/vault/sealed-format.ts";
import type { Head } from "../../../src/client/vault/vault-database.ts";
import type { Copy, LastingPlace } from "../../client/vault/place.ts";
import { sealedCopy } from "../../client/vault/sealed-copy.ts";

/** So that hundreds of vaults open in a moment. */
const CHEAP_SCRYPT = { logN: 4, r: 8, p: 1 };

interface Row {
  readonly store: string;
  readonly key: IDBValidKey;
  readonly value: unknown;
}

interface RowsCopy extends Copy {
  readonly rows: readonly Row[];
}

export function indexedDbPlace(secret: IndexedDbSecret): LastingPlace {
  const name = crypto.randomUUID();
  return {
    open: () => IndexedDbVault.open(name, secret, { scrypt: CHEAP_SCRYPT }),
    async copy(): Promise<RowsCopy> {
      const rows = await allRows(name);
      const head = rows.find(({ store }) => store === "head")?.value as Head;
      const records = rows.filter(({ store }) => store === "records").map(({ value }) => value as Uint8Array);
      const copy = sealedCopy(head.header, records, await masterKeyOf(head, secret));
      return { ...copy, octets: [...copy.octets, head.generation], rows };
    },
    restore: (copy) => replaceRows(name, (copy as RowsCopy).rows),
  };
}

async function masterKeyOf(head: Head, secret: IndexedDbSecret): Promise<Uint8Array> {
  if (secret === "browser") {
    if (head.browserKey === undefined) throw new Error("there is no browser's key");
    return browserMasterKey(head.browserKey);
  }
  const source = decodeKeySource(head.header);
  const master = source && (await masterKey(secret, source));
  if (master === undefined) throw new Error("the header is of another secret");
  return master;
}

async function allRows(name: string): Promise<Row[]> {
  const database = await rawDatabase(name);
  const rows: Row[] = [];
  const reading = database.transaction([...database.objectStoreNames]);
  for (const store of database.objectStoreNames) {
    const cursors = reading.objectStore(store).openCursor();
    cursors.onsuccess = () => {
      const cursor = cursors.result;
      if (cursor === null) return;
      rows.push({ store, key: cursor.key, value: cursor.value });
      cursor.continue();
    };
  }
  await ended(reading);
  database.close();
  return rows;
}

async function replaceRows(name: string, rows: readonly Row[]): Promise<void> {
  const database = await rawDatabase(name);
  const writing = database.transaction([...database.objectStoreNames], "readwrite");
  for (const store of database.objectStoreNames) writing.objectStore(store).clear();
  for (const { store, key, value } of rows) writing.objectStore(store).put(value, key);
  await ended(writing);
  database.close();
}

function rawDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`restante vault ${name}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}
