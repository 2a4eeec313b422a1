/**
 * `npm run deploy` begins with this: the migrations for every database of records that wrangler.toml binds. A Worker
 * that meets a database without its tables could not even end a consent there. Words on the command line go to wrangler.
 */
import { spawn } from "node:child_process";
import { migrateRecords } from "./records-databases.ts";
import { PROJECT, wranglerCommand } from "./wrangler.ts";

/** Seen and asked, as wrangler itself would: it shows what it is about to apply. */
function apply(...args: string[]): Promise<void> {
  const [command, words] = wranglerCommand(...args);
  const child = spawn(command, words, { cwd: PROJECT, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`The migrations of ${args[3]} failed.`)),
    );
  });
}

try {
  await migrateRecords(process.argv.slice(2), apply);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
