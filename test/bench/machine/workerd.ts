/** Bare workerd: `workerd serve` with a configuration of its own, no Miniflare and no proxy before it. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

/** The one that Miniflare runs, too: its path is what the package exports. */
const WORKERD: string = createRequire(createRequire(import.meta.url).resolve("miniflare"))("workerd").default;
const RATE_LIMIT = fileURLToPath(new URL("../workers/rate-limit.js", import.meta.url));

export interface WorkerdOptions {
  /** For its configuration; made if it is not there. */
  readonly folder: string;
  /** The bundled Worker. */
  readonly worker: string;
  readonly compatibilityDate: string;
  /** A binding and its class. */
  readonly objects: Readonly<Record<string, string>>;
  /** What a class's files are named by. */
  readonly uniqueKey: (className: string) => string;
  /** Where the objects' storage lies. */
  readonly storage: string;
  readonly vars?: Readonly<Record<string, string | number>>;
  /** Bindings of rate limiters. */
  readonly rateLimits?: readonly string[];
  readonly port?: number;
  /** Of the inspector; without it there is none. */
  readonly inspector?: number;
}

export async function startWorkerd(
  options: WorkerdOptions,
): Promise<{ server: ServerProcess; port: number }> {
  const port = options.port ?? (await freePort());
  await mkdir(options.folder, { recursive: true });
  await mkdir(options.storage, { recursive: true });
  await copyFile(options.worker, join(options.folder, "worker.js"));
  const config = join(options.folder, "config.capnp");
  await writeFile(config, await configuration(options, port));
  const server = await ServerProcess.start({
    command: WORKERD,
    args: [
      ...["serve", "--experimental"],
      ...(options.inspector === undefined ? [] : [`--inspector-addr=127.0.0.1:${options.inspector}`]),
      config,
    ],
    port,
  });
  return { server, port };
}

/** In the text form of Cap'n Proto, whose strings are those of JSON where both are ASCII. */
async function configuration(options: WorkerdOptions, port: number): Promise<string> {
  const classes = [...new Set(Object.values(options.objects))];
  const namespaces = classes.map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(options.uniqueKey(name))}, enableSql = true)`,
  );
  const bindings = [
    ...Object.entries(options.objects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...Object.entries(options.vars ?? {}).map(([name, value]) =>
      typeof value === "string"
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...(options.rateLimits ?? []).map(
      (name) => `(name = ${text(name)}, wrapped = (moduleName = "bench:rate-limit", innerBindings = []))`,
    ),
  ];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "storage", disk = (path = ${text(options.storage)}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
  extensions = [(modules = [
    (name = "bench:rate-limit", internal = true, esModule = ${text(await readFile(RATE_LIMIT, "utf8"))})
  ])],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = ${text(options.compatibilityDate)},
  durableObjectNamespaces = [${namespaces.join(", ")}],
  durableObjectStorage = (localDisk = "storage"),
  bindings = [
    ${bindings.join(",\n    ")}
  ],
);
`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
