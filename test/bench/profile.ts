/**
 * `npm run bench:profile`: where the Worker's time goes in each case of the benchmark, for ratios that are missed. Writes
 * `profiles.md`.
 *
 *     --out FOLDER   where it goes; docs/benchmark if not said
 *     --seconds 2    each case
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildRelay, builtWorker } from "../../src/local/built-relay.ts";
import { separateCores } from "./machine/cores.ts";
import { startProfile } from "./machine/cpu-profile.ts";
import { machineLines } from "./machine/machine.ts";
import { profileTable } from "./report/profile-table.ts";
import { markdownTable, printTable, share, type Table, whole } from "./report/table.ts";
import { BenchRelay, restanteSubject } from "./subjects/restante.ts";
import { batchedSubject } from "./subjects/restante-batched.ts";
import { arrivals, measureHeld, measureLive } from "./throughput/measurement.ts";
import { CASES, MANY_MAILBOXES, nameOf } from "./throughput/rounds.ts";

const WARM_UP_MS = 500;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "docs/benchmark" },
    seconds: { type: "string", default: "2" },
  },
});
const folder = await mkdtemp(join(tmpdir(), "restante-bench-"));
const settings = [separateCores(), ...(await machineLines(folder))];
for (const line of settings) console.log(line);
await buildRelay();
const bundle = await readFile((await builtWorker()).path, "utf8");
const relay = await BenchRelay.start({ folder, mailboxes: MANY_MAILBOXES, inspected: true });
const tables: Table[] = [];
try {
  const posting = restanteSubject(relay);
  const framing = batchedSubject(relay, posting);
  for (const one of [false, true].flatMap((batched) => CASES.map((each) => ({ ...each, batched })))) {
    const subject = one.batched ? framing : posting;
    const measure = (ms: number) =>
      one.shape === "live" ? measureLive(subject, one, ms) : measureHeld(subject, one, ms);
    if (one.shape === "live") await subject.connect(one.mailboxes, arrivals.arrived);
    await measure(WARM_UP_MS);
    const heldBefore = subject.heldInstead();
    const stop = await startProfile(relay.inspector);
    const { messages, seconds, serverCpu, loadCpu } = await measure(Number(values.seconds) * 1000);
    const profile = await stop();
    if (one.shape === "live") await subject.disconnect();
    const heldInstead = subject.heldInstead() - heldBefore;
    const title = [
      `${subject.name}, ${nameOf(one)}`,
      `${whole(messages / seconds)} a second while profiled`,
      `server ${share(serverCpu)}, load ${share(loadCpu)} of a core`,
      ...(heldInstead > 0 ? [`${whole(heldInstead)} were held, not acknowledged in time`] : []),
    ].join("; ");
    const table = profileTable(title, profile, bundle);
    printTable(table);
    tables.push(table);
  }
  const head = `# Where the time goes

Written by \`npm run bench:profile\` on ${new Date().toISOString().slice(0, 10)}: not edited by hand. What follows from it:
[benchmark.md](../benchmark.md). Each is of the Worker and its objects, idle time left out; held cases are drained, too.
`;
  const lists = settings.map((line) => `- ${line}`);
  await mkdir(values.out, { recursive: true });
  await writeFile(
    join(values.out, "profiles.md"),
    [head, ...lists, "", ...tables.map(markdownTable)].join("\n"),
  );
  posting.close();
} finally {
  await relay.stop();
  await rm(folder, { recursive: true, force: true });
}
// Sockets may still be open.
process.exit(0);
