import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Compiled code is shared between the processes: there are many of them. */
const NODE_COMPILE_CACHE = join(tmpdir(), "restante-test-compile-cache");
const RESTANTE = fileURLToPath(new URL("../../src/cli/restante.ts", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as its own process, with nobody at a terminal. */
export async function restante(
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const { RESTANTE_HOME: _home, RESTANTE_PASSPHRASE: _passphrase, ...inherited } = process.env;
  const child = spawn(process.execPath, [RESTANTE, ...args], {
    env: { NODE_COMPILE_CACHE, ...inherited, ...options.env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(options.input ?? "");
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr };
}
