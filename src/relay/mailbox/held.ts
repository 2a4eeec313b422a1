/**
 * Shows a device what its mailbox stores. The tables are asked which tables there are, so that one which is
 * added later cannot be left out; the platform's own (_cf_…) and SQLite's hold nothing of a person's.
 * Nor does `__miniflare_do_name`: the local emulator keeps the object's name there, which the owner knows, and
 * no deployed relay has it.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { HeldTable } from "../../protocol/answers.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";

/** Longer octets are shown by size and hash: enough to recognise, not to carry 4 MiB about. */
const SHOWN_OCTETS = 64;

export function readTables(sql: SqlStorage): HeldTable[] {
  const names = sql
    .exec<{ name: string }>(
      `SELECT name FROM sqlite_master WHERE type = 'table'
       AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'
       AND name <> '__miniflare_do_name' ORDER BY name`,
    )
    .toArray();
  return names.map(({ name }) => ({ table: name, rows: [...readRows(sql, name)] }));
}

function* readRows(sql: SqlStorage, table: string): Generator<HeldTable["rows"][number]> {
  for (const row of sql.exec(`SELECT * FROM "${table}"`))
    yield Object.fromEntries(Object.entries(row).map(([column, value]) => [column, show(value)]));
}

function show(value: SqlStorageValue): HeldTable["rows"][number][string] {
  if (!(value instanceof ArrayBuffer)) return value;
  const octets = new Uint8Array(value);
  if (octets.length <= SHOWN_OCTETS) return encodeBase64url(octets);
  return { bytes: octets.length, sha256: encodeBase64url(sha256(octets)) };
}
