/** `.dev.vars`: the secrets of a relay on this machine. Made on first use, readable by its owner only. */
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freshRootSecret } from "./built-relay.ts";
import { PROJECT } from "./wrangler.ts";

/** @returns whether it was made just now */
export async function ensureDevVars(): Promise<boolean> {
  const path = join(PROJECT, ".dev.vars");
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) await writeFile(path, `ROOT_SECRET="${freshRootSecret()}"\n`, { mode: 0o600, flag: "wx" });
  return !there;
}
