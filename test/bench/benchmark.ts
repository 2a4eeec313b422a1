/**
 * `npm run bench`: Restante beside what it stands on and beside its peers, how it grows, and what it costs on the
 * platform. docs/benchmark.md says what is measured and how. Takes some twelve minutes on two quiet cores; with
 * `-- --quick` two, for a look: its figures go to .build/, those of a whole run to docs/.
 *
 *     --only throughput,sdk,scale,cost   some of it
 *     --out FOLDER                       where the figures go
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildRelay } from "../../src/local/built-relay.ts";
import { PROJECT } from "../../src/local/wrangler.ts";
import { separateCores } from "./machine/cores.ts";
import { machineLines } from "./machine/machine.ts";
import { costPart, scalePart, sdkAndThroughputPart } from "./parts.ts";
import { FULL, QUICK } from "./plan.ts";
import { printTable, type Table } from "./report/table.ts";
import { writeRun } from "./report/write.ts";

const PARTS = ["throughput", "sdk", "scale", "cost"] as const;

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: PARTS.join(",") },
    out: { type: "string" },
  },
});
const parts = values.only.split(",");
const unknown = parts.filter((part) => !(PARTS as readonly string[]).includes(part));
if (unknown.length > 0) {
  console.error(`--only: ${unknown.join(", ")}? It takes ${PARTS.join(", ")}.`);
  process.exit(1);
}
const plan = values.quick ? QUICK : FULL;
const command = ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(
  " ",
);
const folder = await mkdtemp(join(tmpdir(), "restante-bench-"));
const began = performance.now();
const notes: string[] = [];
const tables: Table[] = [];
const tell = (what: string) =>
  console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${what}`);
const note = (what: string) => {
  notes.push(what);
  tell(what);
};

console.log(command);
const settings = [separateCores(), ...(await machineLines(folder))];
for (const line of settings) console.log(line);
let throughput: Awaited<ReturnType<typeof sdkAndThroughputPart>> | undefined;
let scale: Awaited<ReturnType<typeof scalePart>> | undefined;
let cost: Awaited<ReturnType<typeof costPart>> | undefined;
const context = { folder, plan, tell, note };
/** A part that fails takes nothing from the others, whose figures took minutes. */
async function part<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    note(`${name} failed: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  }
}
try {
  tell("building the Worker");
  await buildRelay();
  if (parts.includes("throughput") || parts.includes("sdk"))
    throughput = await part("throughput", () => sdkAndThroughputPart(context, parts));
  if (parts.includes("scale")) scale = await part("scale", () => scalePart(context));
  if (parts.includes("cost")) cost = await part("cost", () => costPart(context));
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const part of [throughput, scale, cost]) {
  if (part === undefined) continue;
  settings.push(...part.settings);
  tables.push(...part.tables);
}
console.log(`\nSettings\n${settings.map((line) => `  ${line}`).join("\n")}`);
for (const table of tables) printTable(table);
for (const line of notes) console.log(`\n${line}`);
const out =
  values.out ??
  join(PROJECT, values.quick || parts.length < PARTS.length ? ".build/bench" : "docs/benchmark");
const run = {
  ...{ when: new Date().toISOString().slice(0, 10), command, settings, notes },
  ...(throughput?.figures && { throughput: throughput.figures }),
};
const json = { ...throughput?.json, ...scale?.json, ...cost?.json };
const written = await writeRun(out, run, tables, json);
console.log(`\n${written.join("\n")}\n${((performance.now() - began) / 1000).toFixed(0)} s in all`);
// Sockets of subjects that failed may still be open.
process.exit();
