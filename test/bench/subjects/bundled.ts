/** Workers that are not the project's, bundled as wrangler does it. */
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** @returns the file to start it from */
export async function bundleWorker(name: string, folder: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../workers/${name}.ts`, import.meta.url));
  const outfile = join(folder, `${basename(name)}.js`);
  await build({
    ...{ entryPoints: [entry], outfile, bundle: true, format: "esm", target: "es2024" },
    ...{ conditions: ["workerd", "worker", "browser"], external: ["cloudflare:*"], logLevel: "error" },
  });
  return outfile;
}
