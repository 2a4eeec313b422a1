/** A vault's place in IndexedDB for the conformance test. */
import { browserMasterKey } from "../../../src/client/vault/browser-key.ts";
import type { IndexedDbSecret } from "../../../src/client/vault/head-sealing.ts";
import { IndexedDbVault } from "../../../src/client/vault/indexed-db.ts";
import { masterKey } from "../../../src/client/vault/master-key.ts";
import { decodeKeySource } from "../../../src/client/vault/sealed-format.ts";
import type { Head } from "../../../src/client/vault/vault-database.ts";
import type { Copy, LastingPlace } from "../../client/vault/place.ts";
import { sealedCopy } from "../../client/vault/sealed-copy.ts";
import { allRows, type Row, replaceRows } from "./rows.ts";

/** So that hundreds of vaults open in a moment. */
const CHEAP_SCRYPT = { logN: 4, r: 8, p: 1 };

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
