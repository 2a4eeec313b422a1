/**
 * The real Worker, built by wrangler and run on workerd by Miniflare, with its storage on disk: what the demo
 * and the scenario tests talk to. `npm start` uses `wrangler dev` instead, which reloads but records more.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4MiniflareOptions } from "miniflare";
import { migrateRecords } from "./records-databases.ts";
import { PROJECT, wrangler } from "./wrangler.ts";

// The root secret is handed over below; wrangler would warn that it is not in .dev.vars.
process.env.WRANGLER_LOG ??= "error";

const BUILD = join(PROJECT, ".build");
const WORKER = join(BUILD, "worker", "index.js");
const EMPTY_STATE = join(BUILD, "state");
/** What wrangler.toml says, in Miniflare's terms. */
const WORKER_OPTIONS = join(BUILD, "worker-options.json");

/** RFC 9497, appendix A.1. */
const TEST_DIRECTORY_KEYS = "1:5vc_NEt5s3nxoN034H_2LjjZ9xNFzmKuOpvGCwTM2Qk";
export const TEST_INTRODUCTION_KEYS = "1:XrzqXuNwI8y5_C0gGfnXc3voVZGuhlL_qe8PTTcGOw4";

/** Right for nothing but tests. */
const TEST_SECRETS = {
  ROOT_SECRET: `1:${"A".repeat(43)}`,
  DIRECTORY_KEYS: TEST_DIRECTORY_KEYS,
  INTRODUCTION_KEYS: TEST_INTRODUCTION_KEYS,
};

export interface BuiltRelay {
  /** e.g. `http://127.0.0.1:41234` */
  readonly origin: string;
  /** Where its storage lies. */
  readonly state: string;
  /** What the cron trigger starts once a day, now. */
  runDaily(): Promise<void>;
  /** Ends it, storage kept. */
  stop(): Promise<void>;
  /** Ends workerd with SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

/** Bundles the Worker and makes an empty state with D1's migrations applied. */
export async function buildRelay(): Promise<void> {
  await rm(BUILD, { recursive: true, force: true });
  await mkdir(BUILD, { recursive: true });
  await Promise.all([
    writeWorkerOptions(),
    buildWorker("src/relay/index.ts", "worker"),
    migrateRecords(["--local", "--persist-to", EMPTY_STATE]),
  ]);
}

/**
 * Bundles a Worker as a deploy of it would.
 *
 * @param entry from the project's folder
 * @param name of a folder of its own among what is built: workerd takes no module from outside the project
 * @returns the file to start it from
 */
export async function buildWorker(entry: string, name: string): Promise<string> {
  const folder = join(BUILD, name);
  await wrangler("deploy", entry, "--dry-run", "--outdir", folder);
  return join(folder, `${basename(entry, ".ts")}.js`);
}

/** What was built, with the vars and secrets that {@link startRelay} gives it by default: to run it by other means. */
export async function builtWorker(): Promise<{ path: string; vars: Record<string, string | number> }> {
  const { bindings } = JSON.parse(await readFile(WORKER_OPTIONS, "utf8"));
  return { path: WORKER, vars: { ...bindings, ...TEST_SECRETS } };
}

/** Here and not at each start: wrangler takes seconds to load, and tests start dozens of relays. */
async function writeWorkerOptions(): Promise<void> {
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(PROJECT, "wrangler.toml"));
  await writeFile(WORKER_OPTIONS, JSON.stringify(workerOptions));
}

/**
 * @param options.state a folder of its own; made from the empty state when it is not there yet
 * @param options.worker another Worker than the project's own: see {@link buildWorker}
 * @param options.port 0 or absent: any free one
 * @param options.rootSecret absent: 32 zero octets, which is right for nothing but a test
 * @param options.directoryKeys absent, as introductionKeys: what RFC 9497 prints, and as right for nothing else
 * @param options.vars replace what wrangler.toml says
 * @param options.databases of records besides wrangler.toml's: their ids by binding, as `RECORDS_EU`
 * @param options.place what the platform says of where requests come from, as `continent`; absent: nothing
 * @param options.hear is told each line that the Worker logs, instead of the terminal
 */
export async function startRelay(options: {
  state: string;
  worker?: string;
  port?: number;
  rootSecret?: string;
  directoryKeys?: string;
  introductionKeys?: string;
  vars?: Record<string, string | number>;
  databases?: Readonly<Record<string, string>>;
  place?: Readonly<Record<string, string>>;
  hear?: (line: string) => void;
}): Promise<BuiltRelay> {
  if ((await readdir(options.state).catch(() => [])).length === 0)
    await cp(EMPTY_STATE, options.state, { recursive: true });
  const { hear, databases = {} } = options;
  const workerOptions = JSON.parse(await readFile(WORKER_OPTIONS, "utf8"));
  const before = new Set(await children(process.pid));
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: "127.0.0.1",
      port: options.port ?? 0,
      cf: options.place ?? false,
      ...(hear && { handleStructuredLogs: ({ message }) => hear(message) }),
      resourcePersistencePath: join(options.state, "v3"),
      workers: [
        {
          ...workerOptions,
          name: "restante",
          modules: [{ type: "ESModule", path: options.worker ?? WORKER }],
          d1Databases: { ...workerOptions.d1Databases, ...databases },
          bindings: {
            ...workerOptions.bindings,
            ROOT_SECRET: options.rootSecret ?? TEST_SECRETS.ROOT_SECRET,
            DIRECTORY_KEYS: options.directoryKeys ?? TEST_DIRECTORY_KEYS,
            INTRODUCTION_KEYS: options.introductionKeys ?? TEST_INTRODUCTION_KEYS,
            ...options.vars,
          },
        },
      ],
    } as V4MiniflareOptions),
  );
  const url = await miniflare.ready;
  for (const binding of Object.keys(databases))
    await migrate(await miniflare.getD1Database(binding, "restante"));
  const workerd = (await children(process.pid)).filter((pid) => !before.has(pid));
  return {
    origin: url.origin,
    state: options.state,
    async runDaily() {
      const worker = await miniflare.getWorker("restante");
      const { outcome } = await worker.scheduled({ scheduledTime: new Date() });
      if (outcome !== "ok") throw new Error(`The daily run ended with ${outcome}.`);
    },
    stop: () => miniflare.dispose(),
    async kill() {
      for (const pid of workerd) process.kill(pid, "SIGKILL");
      await miniflare.dispose();
    },
  };
}

/** Migrates a database that is new; wrangler knows only those of wrangler.toml. */
async function migrate(records: Awaited<ReturnType<Miniflare["getD1Database"]>>): Promise<void> {
  const made = await records.prepare("SELECT 1 FROM sqlite_master WHERE name = 'consent'").first();
  if (made !== null) return;
  const folder = join(PROJECT, "migrations");
  for (const name of (await readdir(folder)).sort())
    await records.prepare(await readFile(join(folder, name), "utf8")).run();
}

/** Linux only; elsewhere there is nothing to kill by hand and the list is empty. */
async function children(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.split(" ").filter(Boolean).map(Number);
}
