/** The D1 databases of consent records, as the relay's configuration binds them: one, and one more a jurisdiction. */
import { join } from "node:path";
import { PROJECT, wrangler } from "./wrangler.ts";

/** What wrangler.toml says, as far as it is read here. */
export interface RecordsConfiguration {
  readonly d1_databases: readonly { readonly binding: string }[];
  readonly vars: Readonly<Record<string, unknown>>;
}

const RECORDS = "RECORDS";

/** The binding of a jurisdiction's database; empty for none in particular. */
export function recordsBinding(jurisdiction: string): string {
  return jurisdiction === "" ? RECORDS : `${RECORDS}_${jurisdiction.toUpperCase()}`;
}

/**
 * The bindings of all databases of records.
 *
 * @throws when one that the relay could not do without is not bound: a deploy without it would serve nobody there
 */
export function recordsBindings({ d1_databases, vars }: RecordsConfiguration): string[] {
  const bound = d1_databases
    .map(({ binding }) => binding)
    .filter((binding) => binding === RECORDS || binding.startsWith(`${RECORDS}_`));
  const jurisdictions = String(vars.JURISDICTIONS ?? "")
    .split(" ")
    .filter((name) => name !== "");
  for (const name of ["", ...jurisdictions].map(recordsBinding))
    if (!bound.includes(name))
      throw new Error(`wrangler.toml binds no database as ${name}: see docs/operations.md, Jurisdictions.`);
  return bound;
}

/**
 * Applies the migrations to every database of records, one after the other, and stops at the first that fails.
 *
 * @param where for wrangler: `--remote`, or `--local` and so on
 * @param apply absent: wrangler, quietly
 */
export async function migrateRecords(
  where: readonly string[],
  apply: (...args: string[]) => Promise<void> = wrangler,
  configuration = join(PROJECT, "wrangler.toml"),
): Promise<void> {
  const { unstable_readConfig } = await import("wrangler");
  const bindings = recordsBindings(unstable_readConfig({ config: configuration }, { hideWarnings: true }));
  for (const binding of bindings)
    await apply("d1", "migrations", "apply", binding, "--config", configuration, ...where);
}
