/** The key that the browser keeps, tried from outside the vault. */
import { browserMasterKey } from "../../../src/client/vault/browser-key.ts";
import { IndexedDbVault } from "../../../src/client/vault/indexed-db.ts";
import { openHeader } from "../../../src/client/vault/sealed-format.ts";
import type { Head } from "../../../src/client/vault/vault-database.ts";
import { allRows } from "./rows.ts";

/** Whether the browser gives out its key. */
export async function isExportable(): Promise<boolean> {
  const name = crypto.randomUUID();
  await (await IndexedDbVault.open(name, "browser")).close();
  const exported = crypto.subtle.exportKey("raw", keyOf(await headOf(name)));
  return exported.then(
    () => true,
    () => false,
  );
}

/** Which headers open with which keys, of before a checkpoint and of after. */
export async function openAcrossCheckpoint(): Promise<Record<string, boolean>> {
  const name = crypto.randomUUID();
  const vault = await IndexedDbVault.open(name, "browser");
  const before = await headOf(name);
  await vault.checkpoint();
  const after = await headOf(name);
  await vault.close();
  const opens = async (key: CryptoKey, { header }: Head) =>
    openHeader(header, await browserMasterKey(key)) !== undefined;
  return {
    "old with old": await opens(keyOf(before), before),
    "new with new": await opens(keyOf(after), after),
    "old with new": await opens(keyOf(after), before),
    "new with old": await opens(keyOf(before), after),
  };
}

async function headOf(name: string): Promise<Head> {
  return (await allRows(name)).find(({ store }) => store === "head")?.value as Head;
}

function keyOf({ browserKey }: Head): CryptoKey {
  if (browserKey === undefined) throw new Error("there is no browser's key");
  return browserKey;
}
