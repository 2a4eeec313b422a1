/** The machine, a line each. */
import { createRequire } from "node:module";
import { cpus, release, totalmem, type } from "node:os";
import { fsyncTime } from "./disk.ts";

export async function machineLines(folder: string): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const { version } = createRequire(require.resolve("miniflare"))("workerd/package.json") as {
    version: string;
  };
  return [
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Node ${process.versions.node}, workerd ${version}`,
    `a sync of 4 KiB to this disk takes ${(await fsyncTime(folder)).toFixed(2)} ms (median)`,
  ];
}
