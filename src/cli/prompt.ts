/** Questions to a person at a terminal, on stderr so that stdout stays the result's. */
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { Failure } from "./failure.ts";

const INTERRUPT = "\u0003";
const END = "\u0004";
const ERASE = new Set(["\u007f", "\b"]);

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Before anything is opened or sent: what is not said by `--yes` must be asked. @throws Failure when nobody can be */
export function requireAsking(command: Command): void {
  const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
  if (json || !canAsk()) throw new Failure("usage", "Nobody can be asked here: add --yes if you mean it.");
}

/** Asks for a line of text. */
export async function askText(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Without this, Ctrl-C and Ctrl-D would leave the question open for ever.
  const gone = new AbortController();
  lines.on("close", () => gone.abort());
  try {
    return await lines.question(`${question} `, { signal: gone.signal });
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    process.stderr.write("\n");
    throw interrupted();
  } finally {
    lines.close();
  }
}

/** Asks for yes or no. Nothing is pre-ticked: only `y` or `yes` is a yes. */
export async function askYesNo(question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await askText(`${question} [y/N]`)).trim());
}

/**
 * Lets `use` ask for what is not echoed, not even as stars. Echo is off before the first question is shown and
 * until the last is answered: what is typed ahead of a question answers it, and does not show either.
 */
export async function withoutEcho<T>(use: (ask: typeof askHidden) => Promise<T>): Promise<T> {
  const { stdin } = process;
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  try {
    return await use(askHidden);
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
  }
}

async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  let typed = "";
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      const keys = [...String(chunk)];
      for (const [at, key] of keys.entries()) {
        if (key === INTERRUPT || (key === END && typed === "")) throw interrupted();
        if (key === "\r" || key === "\n" || key === END) {
          const ahead = keys.slice(at + 1).join("");
          if (ahead !== "") stdin.unshift(ahead, "utf8");
          return typed;
        }
        if (ERASE.has(key)) typed = [...typed].slice(0, -1).join("");
        else typed += key;
      }
    }
    return typed;
  } finally {
    stderr.write("\n");
  }
}

function interrupted(): Failure {
  return new Failure("interrupted", "Interrupted before it was answered. Nothing was done.");
}
