/** How much an app loads before anything runs: the SDK's entry, bundled for browsers; what is loaded when needed apart. */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { printLine } from "./measure.ts";

const AIM_KB = 60;

export async function benchBundle(): Promise<void> {
  const entry = fileURLToPath(new URL("../../src/client/index.ts", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    splitting: true,
    outdir: "bundle",
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error",
  });
  const entryFile = outputFiles.find(({ path }) => path.endsWith("/index.js"));
  if (entryFile === undefined) throw new Error("nothing was built");
  const later = outputFiles
    .filter((file) => file !== entryFile)
    .reduce((sum, file) => sum + gzipped(file.contents), 0);
  printLine(
    "the SDK for browsers, minified and gzipped",
    kilobytes(gzipped(entryFile.contents)),
    `${kilobytes(entryFile.contents.length)} plain; ${kilobytes(later)} more when a number is typed or a proof checked`,
    `under ${AIM_KB} KB`,
  );
}

function gzipped(octets: Uint8Array): number {
  return gzipSync(octets, { level: 9 }).length;
}

function kilobytes(octets: number): string {
  return `${(octets / 1000).toFixed(1)} KB`;
}
