/**
 * `npm run bench:profile`: where the Worker's time goes in one case of the benchmark, for when a ratio is missed.
 *
 *     --shape live|held   --mailboxes 1|200   --in-flight 64   --batched   --seconds 3
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildRelay } from "../../src/local/built-relay.ts";
import { separateCores } from "./machine/cores.ts";
import { startProfile } from "./machine/cpu-profile.ts";
import { printTable, share, whole } from "./report/table.ts";
import { BenchRelay, restanteSubject } from "./subjects/restante.ts";
import { batchedSubject } from "./subjects/restante-batched.ts";
import { arrivals, measureHeld, measureLive } from "./throughput/measurement.ts";

const SHOWN = 30;
const WARM_UP_MS = 500;

const { values } = parseArgs({
  options: {
    shape: { type: "string", default: "held" },
    mailboxes: { type: "string", default: "1" },
    "in-flight": { type: "string", default: "64" },
    batched: { type: "boolean", default: false },
    seconds: { type: "string", default: "3" },
  },
});
const mailboxes = Number(values.mailboxes);
const one = { mailboxes, inFlight: Number(values["in-flight"]) };
const folder = await mkdtemp(join(tmpdir(), "restante-bench-"));
console.log(separateCores());
await buildRelay();
const relay = await BenchRelay.start({ folder, mailboxes, inspected: true });
try {
  const posting = restanteSubject(relay);
  const subject = values.batched ? batchedSubject(relay, posting) : posting;
  const measure = (ms: number) =>
    values.shape === "live"
      ? measureLive(subject, { ...one, shape: "live" }, ms)
      : measureHeld(subject, { ...one, shape: "held" }, ms);
  if (values.shape === "live") await subject.connect(mailboxes, arrivals.arrived);
  await measure(WARM_UP_MS);
  const stop = await startProfile(relay.inspector);
  const { messages, seconds, serverCpu, loadCpu } = await measure(Number(values.seconds) * 1000);
  const times = await stop();
  console.log(`live deposits that were held instead: ${whole(subject.heldInstead())}`);
  console.log(
    `${subject.name}, ${values.shape}, ${mailboxes} mailboxes, ${one.inFlight} in flight: ${whole(messages / seconds)} a second while profiled; server ${share(serverCpu)}, load ${share(loadCpu)} of a core`,
  );
  printTable({
    title: "The Worker's own time, idle left out",
    head: ["function", "share"],
    rows: times.slice(0, SHOWN).map(({ name, share: of }) => [name, `${(of * 100).toFixed(1)} %`]),
  });
  await subject.stop();
  posting.close();
} finally {
  await relay.stop();
  await rm(folder, { recursive: true, force: true });
}
// Sockets may still be open.
process.exit(0);
