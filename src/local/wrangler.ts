/** Runs the project's own wrangler, quietly: its output is shown only when it fails. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const WRANGLER = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

/** CI=1 answers wrangler's questions; the others keep it from phoning home and from writing request URLs down. */
export const WRANGLER_ENVIRONMENT = {
  CI: "1",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  X_LOCAL_OBSERVABILITY: "false",
};

export function wranglerCommand(...args: string[]): [command: string, args: string[]] {
  return [process.execPath, ["--no-warnings", WRANGLER, ...args]];
}

export async function wrangler(...args: string[]): Promise<void> {
  await wranglerOutput(...args);
}

/** @returns what it wrote to stdout */
export async function wranglerOutput(...args: string[]): Promise<string> {
  const [command, words] = wranglerCommand(...args);
  const child = spawn(command, words, {
    cwd: PROJECT,
    env: { ...process.env, ...WRANGLER_ENVIRONMENT },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    output += chunk;
    said += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`wrangler ${args.slice(0, 2).join(" ")} failed:\n${output}`);
  return said;
}
