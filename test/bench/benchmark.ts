import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildRelay } from "../../src/local/built-relay.ts";
import { separateCores } from "./machine/cores.ts";
import { fsyncTime } from "./machine/disk.ts";
import { printFigures } from "./report/throughput-table.ts";
import { BenchRelay, restanteSubject } from "./subjects/restante.ts";
import { figuresOf } from "./throughput/figures.ts";
import { runRounds } from "./throughput/rounds.ts";
import { startSubjects } from "./throughput/subjects.ts";
const folder = await mkdtemp(join(tmpdir(), "restante-bench-"));
const t0 = performance.now();
const tell = (w: string) => console.log(((performance.now() - t0) / 1000).toFixed(1), w);
try {
  tell(separateCores());
  tell(`fsync ${await fsyncTime(folder)}`);
  await buildRelay();
  tell("built");
  const relay = await BenchRelay.start({ folder: join(folder, "restante"), mailboxes: 200 });
  tell("restante");
  const restante = restanteSubject(relay);
  const subjects = await startSubjects(restante, folder, tell);
  tell("subjects");
  const results = await runRounds(subjects, { rounds: 1, ms: 250, tell });
  tell("done");
  printFigures(figuresOf(results));
  console.log(results.failures, restante.heldInstead());
  for (const s of subjects) { await s.stop(); tell(s.name); }
} finally {
  await rm(folder, { recursive: true, force: true });
}
