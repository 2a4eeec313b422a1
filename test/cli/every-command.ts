/**
 * Gives the command line one command after the other in one process, with an ear on every way out of it. A process for
 * each would take many times as long, most of it to load the same files.
 *
 * argv: the file to which goes what came of them, and the commands as JSON
 */
import { writeFileSync } from "node:fs";
import { run } from "../../src/cli/program.ts";
import { WaysOut } from "../ways-out.ts";

export interface CommandRan {
  readonly args: readonly string[];
  readonly code: number;
  /** What it said on stderr. */
  readonly said: string;
  readonly waysOut: readonly string[];
}

export interface CommandsRan {
  readonly ran: readonly CommandRan[];
  /** What was heard when they were through. */
  readonly afterwards: readonly string[];
}

const [, , file = "", commands = "[]"] = process.argv;
const ear = WaysOut.hear();
const ran: CommandRan[] = [];
let said = "";
process.stderr.write = (chunk: string | Uint8Array) => {
  said += String(chunk);
  return true;
};
process.on("exit", () => {
  const result: CommandsRan = { ran, afterwards: ear.take() };
  writeFileSync(file, JSON.stringify(result));
});

for (const args of JSON.parse(commands) as string[][]) {
  said = "";
  const code = await run(args);
  ran.push({ args, code, said, waysOut: ear.take() });
}
