import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Compiled code is shared between the processes: there are many of them. */
const NODE_COMPILE_CACHE = join(tmpdir(), "restante-test-compile-cache");

const UNBUNDLED = fileURLToPath(new URL("../../src/cli/restante.ts", import.meta.url));
/** Bundled, when build-cli.ts has done so. */
export const RESTANTE = process.env.RESTANTE_TEST_CLI ?? UNBUNDLED;

/** A script beside this file that runs the command line and listens; bundled with it. */
export function listening(name: "restante-heard" | "every-command"): string {
  const bundled = process.env.RESTANTE_TEST_CLI;
  if (bundled !== undefined) return join(dirname(bundled), `${name}.mjs`);
  return fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
}

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs: what it has said so far, and how it ends. */
export interface Running {
  readonly child: ChildProcess;
  readonly said: () => { stdout: string; stderr: string };
  readonly ended: Promise<Ran>;
}

/** The environment without what says where the tester's own device is. */
export function cleanEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { RESTANTE_HOME: _home, RESTANTE_PASSPHRASE: _passphrase, ...inherited } = process.env;
  return { NODE_COMPILE_CACHE, ...inherited, ...more };
}

/** Starts a program and gathers what it says. */
export function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(command, args, { env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  // A command that ends before it has read everything is no fault of the test's.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, said: () => ({ stdout, stderr }), ended };
}

/** Runs the command line as its own process, with nobody at a terminal. */
export async function restante(
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string } = {},
): Promise<Ran> {
  const running = start(process.execPath, [RESTANTE, ...args], cleanEnvironment(options.env));
  running.child.stdin?.end(options.input ?? "");
  return running.ended;
}

/** Waits until a running command has said something on either stream. */
export async function untilSaid(running: Running, text: string, within = 60_000): Promise<void> {
  const end = Date.now() + within;
  const heard = () => Object.values(running.said()).join("\n");
  while (!heard().includes(text)) {
    if (Date.now() > end) throw new Error(`It did not say "${text}", but: ${heard()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
