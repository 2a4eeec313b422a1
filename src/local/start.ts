/** `npm start`: a relay on this machine, with local D1 and Durable Objects under `.wrangler/`. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROUTES } from "../protocol/routes.ts";
import { ensureDevVars } from "./dev-vars.ts";
import { migrateRecords } from "./records-databases.ts";
import { PROJECT, WRANGLER_ENVIRONMENT, wranglerCommand } from "./wrangler.ts";

// Asked first: whoever started this may be gone before the relay is up.
const parent = process.ppid;
const { values } = parseArgs({ options: { port: { type: "string", default: process.env.PORT ?? "8787" } } });

if (!(await isFree(Number(values.port)))) {
  console.error(`Port ${values.port} is in use. Choose another: PORT=9000 npm start`);
  process.exit(1);
}
const made = await ensureDevVars();
if (made.length > 0) console.log(`Made in .dev.vars, for this machine: ${made.join(", ")}.`);
await migrateRecords(["--local"]);
const origin = `http://127.0.0.1:${values.port}`;
const [command, args] = wranglerCommand(
  "dev",
  ...["--ip", "127.0.0.1", "--port", values.port, "--inspector-port", "0"],
  ...["--log-level", "warn", "--show-interactive-dev-session=false"],
  // Of .dev.vars wrangler reads only what wrangler.toml requires, and a deployment may do without these.
  ...(await optionalSecrets()).flatMap((secret) => ["--var", secret]),
);
const relay = spawn(command, args, {
  cwd: PROJECT,
  env: { ...process.env, ...WRANGLER_ENVIRONMENT },
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => relay.kill(signal));
relay.on("exit", (code) => process.exit(code ?? 0));

// npm ends without telling its children when it is killed by its own pid: a relay nobody started must not go on.
setInterval(() => {
  if (process.ppid !== parent) relay.kill("SIGTERM");
}, 1000).unref();

while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 200));
console.log(`Restante listens on ${origin} (Ctrl-C ends it)`);

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once("error", () => resolve(false))
      .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function answers(): Promise<boolean> {
  return fetch(origin + ROUTES.health).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** The keys of the number directory as .dev.vars has them, `NAME:value`. They are this machine's alone. */
async function optionalSecrets(): Promise<string[]> {
  const lines = (await readFile(join(PROJECT, ".dev.vars"), "utf8")).split("\n");
  return lines.flatMap((line) => {
    const [, name, value] = /^(DIRECTORY_KEYS|INTRODUCTION_KEYS)="?([^"]*)"?$/.exec(line) ?? [];
    return name === undefined ? [] : [`${name}:${value}`];
  });
}
