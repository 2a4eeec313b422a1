/** A process that counts up in a vault and says each number once it is durable, until it is killed. */
import { FileVault } from "../../../src/client/vault/file.ts";

const [, , path = ""] = process.argv;
const vault = await FileVault.open(path, { key: new Uint8Array(32).fill(7) });
for (let n = 1; ; n++) {
  await vault.transaction((draft) => {
    draft.put("count", new TextEncoder().encode(String(n)));
    draft.put("twin", new TextEncoder().encode(String(n)));
    draft.delete(`old/${n - 1}`);
    draft.put(`old/${n}`, new Uint8Array(500).fill(n));
  });
  if (n % 7 === 0) await vault.checkpoint();
  process.stdout.write(`${n}\n`);
}
