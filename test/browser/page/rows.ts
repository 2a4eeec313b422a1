/** A vault's database, read and written without the vault's own code. */

export interface Row {
  readonly store: string;
  readonly key: IDBValidKey;
  readonly value: unknown;
}

export async function allRows(name: string): Promise<Row[]> {
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

export async function replaceRows(name: string, rows: readonly Row[]): Promise<void> {
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
