/** How much an app takes on board with the SDK: its entry, bundled for browsers. */
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
    format: "esm",
    platform: "browser",
    target: "es2022",
    logLevel: "error",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("nothing was built");
  const gzipped = gzipSync(file.contents, { level: 9 }).length;
  const plain = `${(file.contents.length / 1000).toFixed(1)} KB plain`;
  printLine(
    "the SDK for browsers, minified and gzipped",
    `${(gzipped / 1000).toFixed(1)} KB`,
    plain,
    `under ${AIM_KB} KB`,
  );
}
