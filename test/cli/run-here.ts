/** The command line in the test's own process, for what needs none of its own: a process takes half a second of CPU. */
import { vi } from "vitest";
import { run } from "../../src/cli/program.ts";
import type { Ran } from "./run-restante.ts";

/** One at a time: what it says goes out by this process's streams. */
export async function restanteHere(args: readonly string[]): Promise<Ran> {
  const said = { stdout: "", stderr: "" };
  const hear = (name: "stdout" | "stderr") =>
    vi.spyOn(process[name], "write").mockImplementation(((chunk: unknown, ...rest: unknown[]) => {
      said[name] += String(chunk);
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    }) as typeof process.stdout.write);
  const heard = [hear("stdout"), hear("stderr")];
  // They say where the tester's own device is.
  for (const name of ["RESTANTE_HOME", "RESTANTE_PASSPHRASE"]) vi.stubEnv(name, undefined);
  try {
    return { code: await run(args), ...said };
  } finally {
    for (const one of heard) one.mockRestore();
    vi.unstubAllEnvs();
  }
}
