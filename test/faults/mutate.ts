/** Copies of the SDK's source with something changed in them, to be run and thrown away. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Edit {
  /** Under src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @param tests what of the tests is to be copied as well, under test
 * @throws Error when what is to be changed is not there, or more than once
 */
export async function withMutant<T>(
  mutant: { readonly name: string; readonly edits: readonly Edit[] },
  use: (root: string) => Promise<T>,
  tests: readonly string[] = [],
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), "restante-mutant-"));
  try {
    for (const part of ["src/client", "src/protocol", ...tests.map((test) => `test/${test}`)])
      await cp(join(PROJECT, part), join(root, part), { recursive: true });
    await cp(join(PROJECT, "package.json"), join(root, "package.json"));
    await symlink(join(PROJECT, "node_modules"), join(root, "node_modules"));
    for (const { file, find, replace } of mutant.edits) {
      const path = join(root, "src", file);
      const pieces = (await readFile(path, "utf8")).split(find);
      if (pieces.length !== 2)
        throw new Error(`${mutant.name}: “${find}” is ${pieces.length - 1} times in ${file}, once expected.`);
      await writeFile(path, pieces.join(replace));
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
