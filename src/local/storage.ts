/**
 * Looks into a relay's storage files, as whoever seizes the disk could: the SQLite files of its mailboxes and
 * of D1, opened read-only, while it runs or after its end.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

type Row = Record<string, string | number | bigint | null | Uint8Array>;
export type Tables = Record<string, Row[]>;

/** Tables and rows of every mailbox that has any; Cloudflare's own (`_cf_…`) left out. */
export async function readMailboxes(state: string): Promise<Tables[]> {
  const all = await readDatabases(join(state, "v3", "do", "restante-Mailbox"));
  return all.filter((tables) => Object.keys(tables).length > 0);
}

/** Tables and rows of D1, when there is but one database. */
export async function readRecords(state: string): Promise<Tables> {
  return Object.assign({}, ...(await readRecordsDatabases(state)));
}

/** Tables and rows of each of D1's databases, in no order that means anything. */
export function readRecordsDatabases(state: string): Promise<Tables[]> {
  return readDatabases(join(state, "v3", "d1", "miniflare-D1DatabaseObject"));
}

/** The content of every file under `state`, with its path. */
export async function readEveryFile(state: string): Promise<{ path: string; bytes: Buffer }[]> {
  const entries = await readdir(state, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(path) })));
}

async function readDatabases(folder: string): Promise<Tables[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite")
    .sort()
    .map((name) => readTables(join(folder, name)));
}

/** Now and then a running relay has a file to itself for a moment, ms. */
const PATIENCE = 5000;

function readTables(path: string): Tables {
  const database = new DatabaseSync(path, { readOnly: true, timeout: PATIENCE });
  try {
    const names = database
      .prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%'",
      )
      .all()
      .map(({ name }) => String(name));
    return Object.fromEntries(
      names.map((name) => {
        const rows = database.prepare(`SELECT * FROM "${name}"`);
        rows.setReadBigInts(true);
        return [name, rows.all() as Row[]];
      }),
    );
  } finally {
    database.close();
  }
}
