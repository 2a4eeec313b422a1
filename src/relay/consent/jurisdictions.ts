/**
 * Where things are held. A jurisdiction has Durable Objects (mailbox/stub.ts, verification/stub.ts) and a D1 database
 * of its own, with the consents and verified numbers of the devices whose addresses name it; without both it is not
 * served, and nothing of it is held somewhere else.
 *
 * Relay-wide, in the database of no jurisdiction, are budgets, or a second address elsewhere would double them, and the
 * number directory, in which one number has one entry. Neither names anybody. A directory's entry hangs on its consent
 * in the same database, so devices in a jurisdiction can look others up and are not listed themselves.
 */

/** The jurisdictions in which this relay holds mailboxes, besides nowhere in particular. */
export function servedJurisdictions(env: Env): string[] {
  return configuredJurisdictions(env).filter((name) => objectsIn(env, env.MAILBOX, name) !== undefined);
}

function configuredJurisdictions(env: Env): string[] {
  return env.JURISDICTIONS.split(" ").filter((name) => name !== "");
}

/**
 * Those of a kind's objects that are in a jurisdiction; empty, for nowhere in particular, all. Asking wakes none.
 *
 * @returns undefined when it is not configured, has no database, or the platform refuses it: which it does is known
 *   from asking it alone, and whoever offers a jurisdiction asks as whoever opens a mailbox there
 */
export function objectsIn<Kind extends Rpc.DurableObjectBranded | undefined>(
  env: Env,
  objects: DurableObjectNamespace<Kind>,
  jurisdiction: string,
): DurableObjectNamespace<Kind> | undefined {
  if (jurisdiction === "") return objects;
  const configured = configuredJurisdictions(env).includes(jurisdiction);
  if (!configured || databaseOf(env, jurisdiction) === undefined) return undefined;
  try {
    return objects.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  } catch {
    return undefined;
  }
}

/**
 * The one place that finds the database of a device's records.
 *
 * @param address whose; in its canonical form
 * @throws when its jurisdiction has none: callers have found the mailbox before, which then is nowhere either
 */
export function recordsOf(env: Env, address: string): D1Database {
  const [, jurisdiction = ""] = address.split(".");
  const records = databaseOf(env, jurisdiction);
  if (records === undefined) throw new Error("The jurisdiction has no database.");
  return records;
}

/**
 * Looks into all of them for what is known by a random id alone. One that can't be reached keeps nothing from being found
 * in another.
 *
 * @returns undefined when none has it
 * @throws when none has it that could be asked, and one could not
 */
export async function findInAny<T>(
  env: Env,
  look: (records: D1Database) => Promise<T | undefined>,
): Promise<T | undefined> {
  const looks = await Promise.allSettled(recordsByJurisdiction(env).map(({ records }) => look(records)));
  for (const one of looks) if (one.status === "fulfilled" && one.value !== undefined) return one.value;
  for (const one of looks) if (one.status === "rejected") throw one.reason;
  return undefined;
}

/** All of them, for what runs daily, each with its jurisdiction; empty for none. */
export function recordsByJurisdiction(env: Env): { jurisdiction: string; records: D1Database }[] {
  return ["", ...configuredJurisdictions(env)].flatMap((jurisdiction) => {
    const records = databaseOf(env, jurisdiction);
    return records === undefined ? [] : [{ jurisdiction, records }];
  });
}

/** Bound as `RECORDS`, or `RECORDS_EU` and so on: which there are only the deployment knows. */
function databaseOf(env: Env, jurisdiction: string): D1Database | undefined {
  if (jurisdiction === "") return env.RECORDS;
  return (env as unknown as Record<string, D1Database | undefined>)[`RECORDS_${jurisdiction.toUpperCase()}`];
}
