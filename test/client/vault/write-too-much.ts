/** A process that writes more than its limit of file sizes lets it, then less. Says what came of each. */
import { FileVault } from "../../../src/client/vault/file.ts";

const [, , path = ""] = process.argv;
const vault = await FileVault.open(path, { key: new Uint8Array(32).fill(7) });
const put = (name: string, size: number) =>
  vault
    .transaction((draft) => draft.put(name, new Uint8Array(size)))
    .then(() => "written")
    .catch((error: NodeJS.ErrnoException) => error.code);
const big = await put("big", 200_000);
const after = vault.list("").map(([name]) => name);
const small = await put("small", 10);
process.stdout.write(JSON.stringify({ big, after, small }));
