/** A process that adds to a counter in a vault, opening it each time, beside others that do the same. */
import { FileVault } from "../../../src/client/vault/file.ts";
import { VaultInUseError } from "../../../src/client/vault/vault.ts";

const [, , path = "", times = ""] = process.argv;
let refused = 0;
for (let added = 0; added < Number(times); ) {
  try {
    const vault = await FileVault.open(path, { key: new Uint8Array(32).fill(7) });
    await vault.transaction(async (draft) => {
      const before = Number(new TextDecoder().decode(draft.get("count")));
      // Long enough for another process to read the same, if it could.
      await new Promise((resolve) => setTimeout(resolve, 1));
      draft.put("count", new TextEncoder().encode(`${before + 1}`));
    });
    added++;
    if (added % 3 === 0) await vault.checkpoint();
    await vault.close();
  } catch (error) {
    if (!(error instanceof VaultInUseError)) throw error;
    refused++;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
process.stdout.write(`${refused}`);
