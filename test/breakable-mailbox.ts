/**
 * A mailbox with each mutant beside what it breaks, to be chosen while it runs: a build and a workerd for each would take
 * longer than all of their schedules.
 */
import { fileURLToPath } from "node:url";
import type { Plugin } from "vitest/config";
import { BROKEN, MUTANTS } from "./relay/mailbox/mutants.ts";

const SOURCE = fileURLToPath(new URL("../src/", import.meta.url));

export function breakableMailbox(): Plugin {
  return {
    name: "breakable-mailbox",
    enforce: "pre",
    transform: (code, id) => withMutants(code, id.split("?")[0]?.replace(SOURCE, "") ?? ""),
  };
}

/** @throws Error when what is to be broken is not there, or more than once */
function withMutants(code: string, file: string): string {
  const ways = new Map<string, string>();
  for (const { name, edits } of MUTANTS)
    for (const { find, replace } of edits.filter((edit) => edit.file === file)) {
      const count = code.split(find).length - 1;
      if (count !== 1) throw new Error(`${name}: “${find}” is ${count} times in ${file}, once expected.`);
      const chosen = `globalThis.${BROKEN} === ${JSON.stringify(name)}`;
      const way = isStatement(find) ? `if (${chosen}) { ${replace} } else ` : `${chosen} ? (${replace}) : `;
      ways.set(find, (ways.get(find) ?? "") + way);
    }
  return [...ways].reduce(
    (broken, [find, way]) =>
      broken.replace(find, () => (isStatement(find) ? `${way}{ ${find} }` : `(${way}${find})`)),
    code,
  );
}

function isStatement(code: string): boolean {
  return code.endsWith(";");
}
