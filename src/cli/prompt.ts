/** Questions to a person at a terminal, on stderr so that stdout stays the result's. */
import { createInterface } from "node:readline/promises";
import { Failure } from "./failure.ts";

const INTERRUPT = "\u0003";
const END = "\u0004";
const ERASE = new Set(["\u007f", "\b"]);

export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks for yes or no. Nothing is pre-ticked: only `y` or `yes` is a yes. */
export async function askYesNo(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // Without this, Ctrl-C and Ctrl-D would leave the question open for ever.
  const gone = new AbortController();
  lines.on("close", () => gone.abort());
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: gone.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (!gone.signal.aborted) throw error;
    process.stderr.write("\n");
    throw interrupted();
  } finally {
    lines.close();
  }
}

/** Asks for something that is not echoed, not even as stars. */
export async function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  let typed = "";
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false })) {
      for (const key of String(chunk)) {
        if (key === INTERRUPT || (key === END && typed === "")) throw interrupted();
        if (key === "\r" || key === "\n" || key === END) return typed;
        if (ERASE.has(key)) typed = [...typed].slice(0, -1).join("");
        else typed += key;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function interrupted(): Failure {
  return new Failure("interrupted", "Interrupted before it was answered. Nothing was done.");
}
