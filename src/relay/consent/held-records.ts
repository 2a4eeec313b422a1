/** What D1 holds about a device: found by walking the real tables, so that none can be forgotten here. */
import type { HeldTable } from "../../protocol/answers.ts";

const NAMING = ["address", "consent_id"] as const;
type NamingColumn = (typeof NAMING)[number];

/**
 * Every row of every table that has a column `address` or `consent_id` with a value of this device's. A table
 * that is added later and names a device must call the column so. Binary is text in D1 (base64url).
 */
export async function heldRecords(
  records: D1Database,
  device: { readonly address: string; readonly consentId: string | undefined },
): Promise<HeldTable[]> {
  const values = { address: device.address, consent_id: device.consentId ?? null };
  const tables: HeldTable[] = [];
  for (const [table, columns] of await namingTables(records)) {
    const where = columns.map((column) => `${column} = ?`).join(" OR ");
    const { results } = await records
      .prepare(`SELECT * FROM "${table}" WHERE ${where}`)
      .bind(...columns.map((column) => values[column]))
      .all<Record<string, string | number | null>>();
    if (results.length > 0) tables.push({ table, rows: results });
  }
  return tables;
}

// The platform's own tables, `_cf_…`, may not be asked about.
async function namingTables(records: D1Database): Promise<Map<string, NamingColumn[]>> {
  const { results } = await records
    .prepare(
      `SELECT t.name AS "table", c.name AS "column" FROM sqlite_master t, pragma_table_info(t.name) c
         WHERE t.type = 'table' AND t.name NOT LIKE '\\_cf%' ESCAPE '\\'
           AND c.name IN (${NAMING.map(() => "?").join(", ")}) ORDER BY t.name, c.name`,
    )
    .bind(...NAMING)
    .all<{ table: string; column: NamingColumn }>();
  const tables = new Map<string, NamingColumn[]>();
  for (const { table, column } of results) tables.set(table, [...(tables.get(table) ?? []), column]);
  return tables;
}
