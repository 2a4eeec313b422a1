/** `.dev.vars`: the secrets of a relay on this machine. Made on first use, readable by its owner only. */
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freshRootSecret, freshVoprfKeys } from "./secrets.ts";
import { PROJECT } from "./wrangler.ts";

const SECRETS = {
  ROOT_SECRET: freshRootSecret,
  DIRECTORY_KEYS: freshVoprfKeys,
  INTRODUCTION_KEYS: freshVoprfKeys,
} as const;

/**
 * Makes what is missing, also in a file from before there were so many, and changes nothing that is there.
 *
 * @returns the names of those made just now
 */
export async function ensureDevVars(path = join(PROJECT, ".dev.vars")): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  const missing = Object.entries(SECRETS).filter(
    ([name]) => !new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, "m").test(text ?? ""),
  );
  const lines = missing.map(([name, fresh]) => `${name}="${fresh()}"\n`).join("");
  const newLine = text === undefined || text === "" || text.endsWith("\n") ? "" : "\n";
  if (text === undefined) await writeFile(path, lines, { mode: 0o600, flag: "wx" });
  else if (lines !== "") await appendFile(path, newLine + lines);
  return missing.map(([name]) => name);
}
