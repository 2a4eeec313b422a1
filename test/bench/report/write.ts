/** What a run leaves behind: its figures as JSON, the same as tables, and the plot. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "../throughput/figures.ts";
import { plotSvg } from "./plot.ts";
import { markdownTable, type Table } from "./table.ts";

export interface Run {
  readonly when: string;
  readonly command: string;
  /** Machine and settings, a line each. */
  readonly settings: readonly string[];
  /** What failed or was not there, a line each. */
  readonly notes: readonly string[];
  readonly throughput?: readonly Figure[];
}

export async function writeRun(
  folder: string,
  run: Run,
  tables: readonly Table[],
  json: object,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    written.push(join(folder, name));
  };
  await write("figures.json", `${JSON.stringify({ ...run, ...json }, null, 2)}\n`);
  const lists = [...run.settings, ...run.notes].map((line) => `- ${line}`);
  const head = `# Figures of one run\n\nWritten by \`${run.command}\` on ${run.when}: not edited by hand. What they mean: [benchmark.md](../benchmark.md).\n`;
  await write("figures.md", [head, ...lists, "", ...tables.map(markdownTable)].join("\n"));
  if (run.throughput !== undefined)
    await write(
      "throughput.svg",
      plotSvg(run.throughput, `Messages a second, median and spread. ${run.settings[0]}. ${run.when}.`),
    );
  return written;
}
