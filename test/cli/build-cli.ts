/**
 * Bundles the command line once for the tests that start it dozens of times: half of each process's life went into
 * loading two hundred files. test/scenario/cli.test.ts and the demo run it as it is.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Itself, and what runs it and listens. */
const ENTRIES = {
  restante: fileURLToPath(new URL("../../src/cli/restante.ts", import.meta.url)),
  "restante-heard": fileURLToPath(new URL("./restante-heard.ts", import.meta.url)),
  "every-command": fileURLToPath(new URL("./every-command.ts", import.meta.url)),
};
/** For what is CommonJS in it. */
const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`;

/** Tells the tests' processes where it is, by RESTANTE_TEST_CLI. */
export default async function setup(): Promise<() => Promise<void>> {
  const outdir = await mkdtemp(join(tmpdir(), "restante-cli-"));
  await build({
    ...{ entryPoints: ENTRIES, outdir, bundle: true, splitting: true, platform: "node", format: "esm" },
    outExtension: { ".js": ".mjs" },
    banner: { js: REQUIRE },
  });
  process.env.RESTANTE_TEST_CLI = join(outdir, "restante.mjs");
  return () => rm(outdir, { recursive: true, force: true });
}
