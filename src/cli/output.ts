/** What a command says: sentences for a person, or one JSON object a line for a script. Never both. */
import { createColors } from "picocolors";
import type { FailureReport } from "./failure.ts";
import { printable } from "./printable.ts";

/** As no-color.org has it; and none where no terminal shows them. Not picocolors' own guess, which reads argv. */
const coloured = !process.env.NO_COLOR && process.stdout.isTTY === true && process.env.TERM !== "dumb";
export const colors = createColors(coloured);

export interface Output {
  readonly json: boolean;
  /** The command's result. Resolves when the system has it, so that what follows can rely on it. */
  result(value: object, forPeople: string): Promise<void>;
  /** Beside the result, on stderr, for people only. */
  note(text: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, forPeople) => write(json ? JSON.stringify(value) : forPeople),
    note: (text) => {
      if (!json) process.stderr.write(`${text}\n`);
    },
  };
}

export function reportFailure(json: boolean, { code, message, told, problem }: FailureReport): void {
  if (told && !json) return;
  const line = json
    ? JSON.stringify({ error: code, message, ...(problem && { problem }) })
    : printable(message);
  process.stderr.write(`${line}\n`);
}

/** A moment, in the reader's own time. */
export function moment(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

function write(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
  });
}
