/** Vaults in IndexedDB that are damaged on purpose, or are something else. */
import { IndexedDbVault } from "../../../src/client/vault/indexed-db.ts";
import { VaultUnreadableError } from "../../../src/client/vault/vault.ts";
import type { Head } from "../../../src/client/vault/vault-database.ts";
import { assertEqual, assertRejects } from "../../client/vault/assert.ts";
import { allRows, type Row, replaceRows } from "./rows.ts";

const key = new Uint8Array(32).fill(7);
const scrypt = { logN: 4, r: 8, p: 1 };

/** A closed vault of a snapshot and three records. */
async function threeRecords(): Promise<string> {
  const name = crypto.randomUUID();
  const vault = await IndexedDbVault.open(name, { key });
  for (const entry of ["a", "b", "c"])
    await vault.transaction((draft) => draft.put(entry, Uint8Array.of(1, 2, 3)));
  await vault.close();
  return name;
}

async function assertUnreadable(name: string): Promise<void> {
  const before = await allRows(name);
  await assertRejects(IndexedDbVault.open(name, { key }), VaultUnreadableError);
  assertEqual(await allRows(name), before, "rows");
}

/** Each octet of the header and of each record, changed by one bit. */
export async function changeEachOctet(): Promise<number> {
  const name = await threeRecords();
  const rows = await allRows(name);
  let tried = 0;
  for (const [i, row] of rows.entries()) {
    const octets = row.store === "head" ? (row.value as Head).header : (row.value as Uint8Array);
    for (let at = 0; at < octets.length; at++) {
      const changed = octets.with(at, (octets[at] ?? 0) ^ (1 << (at % 8)));
      const value = row.store === "head" ? { ...(row.value as Head), header: changed } : changed;
      await replaceRows(name, rows.with(i, { ...row, value }));
      await assertUnreadable(name);
      tried++;
    }
  }
  await replaceRows(name, rows);
  await (await IndexedDbVault.open(name, { key })).close();
  return tried;
}

/** Rows that are missing, cut short, out of place, brought in, or no rows of a vault. */
export async function misplaceRows(): Promise<void> {
  const name = await threeRecords();
  const foreign = (await allRows(await threeRecords())).filter(({ store }) => store === "records");
  const rows = await allRows(name);
  const head = rows.filter(({ store }) => store === "head");
  const records = rows.filter(({ store }) => store === "records");
  const [r0, r1, r2, r3] = records as [Row, Row, Row, Row];
  const cut = (row: Row, size: number): Row => ({ ...row, value: (row.value as Uint8Array).slice(0, size) });
  const at = (row: Row, place: number): Row => ({ ...row, key: place });
  for (const bad of [
    records,
    head,
    [...head, r1, r2, r3],
    [...head, r0, r2, r3],
    [...head, r0, at(r2, 1), at(r1, 2), r3],
    [...head, r0, r1, r2, r3, at(r3, 4)],
    [...head, r0, r1, ...foreign.slice(2)],
    [...head, cut(r0, 43), r1, r2, r3],
    [...head, r0, r1, r2, cut(r3, 43)],
    [...head, r0, r1, r2, cut(r3, (r3.value as Uint8Array).length - 1)],
    [...head, r0, r1, r2, { ...r3, value: Uint8Array.of(...(r3.value as Uint8Array), 0) }],
    [...head, r0, r1, r2, { ...r3, value: "text" }],
    [...head.map((row) => ({ ...row, value: { header: 1 } })), ...records],
    [
      ...head.map((row) => ({ ...row, value: { ...(row.value as Head), header: new Uint8Array(9) } })),
      ...records,
    ],
  ]) {
    await replaceRows(name, bad);
    await assertUnreadable(name);
  }
}

export async function openWithOtherSecrets(): Promise<void> {
  const names = { key: crypto.randomUUID(), passphrase: crypto.randomUUID(), browser: crypto.randomUUID() };
  const passphrase = "caf\u00e9";
  await (await IndexedDbVault.open(names.key, { key })).close();
  await (await IndexedDbVault.open(names.passphrase, { passphrase }, { scrypt })).close();
  await (await IndexedDbVault.open(names.browser, "browser")).close();
  for (const [name, secret] of [
    [names.key, { key: new Uint8Array(32) }],
    [names.key, { passphrase }],
    [names.key, "browser"],
    [names.passphrase, { passphrase: "cafe" }],
    [names.passphrase, { key }],
    [names.passphrase, "browser"],
    [names.browser, { key }],
    [names.browser, { passphrase }],
  ] as const)
    await assertRejects(IndexedDbVault.open(name, secret), VaultUnreadableError);
  await assertRejects(IndexedDbVault.open(crypto.randomUUID(), { key: new Uint8Array(31) }), RangeError);
  // A failed opening keeps neither the lock nor the right one out.
  await (await IndexedDbVault.open(names.key, { key })).close();
  await (await IndexedDbVault.open(names.passphrase, { passphrase: "cafe\u0301" })).close();
  await (await IndexedDbVault.open(names.browser, "browser")).close();
}

export async function openOtherDatabases(): Promise<void> {
  for (const [version, stores] of [
    [1, ["notes"]],
    [2, ["head", "records"]],
  ] as const) {
    const name = crypto.randomUUID();
    const request = indexedDB.open(`restante vault ${name}`, version);
    request.onupgradeneeded = () => {
      for (const store of stores) request.result.createObjectStore(store);
    };
    await new Promise((resolve) => {
      request.onsuccess = resolve;
    });
    request.result.close();
    await assertRejects(IndexedDbVault.open(name, { key }), VaultUnreadableError);
  }
}
