/**
 * All that the relay stores, column by column: what the schemas say of their columns, with who can read them and when
 * they go. A table or a column without an entry is left out; test/relay/data-map/ finds it in the real tables and fails.
 */
import type { DataMapAnswer, DataMapColumn, DataMapTable } from "../../protocol/data-map.ts";
import { DAY } from "../../protocol/limits.ts";
import { BACKUPS_KEPT } from "../consent/retention.ts";
import { COLUMNS } from "./columns.ts";
import type { TableEntry } from "./entry.ts";
import { MAILBOX_ENTRIES } from "./mailbox-entries.ts";
import { ONE_TIME_CODE } from "./one-time-code-entries.ts";
import { RECORD_ENTRIES } from "./record-entries.ts";

export const DATA_MAP: DataMapAnswer = {
  backupDays: BACKUPS_KEPT / DAY,
  places: [
    {
      place: "records",
      about:
        "The D1 database of consents, numbers and budgets; a jurisdiction has one of its own for consents and numbers.",
      tables: tablesOf(COLUMNS.records, RECORD_ENTRIES),
    },
    {
      place: "mailbox",
      about: "The Durable Object of one device, named by its address, in the address's jurisdiction.",
      tables: tablesOf(COLUMNS.mailbox, MAILBOX_ENTRIES),
    },
    ONE_TIME_CODE,
  ],
};

function tablesOf(
  schema: Readonly<Record<string, Readonly<Record<string, string>>>>,
  entries: Readonly<Record<string, TableEntry>>,
): DataMapTable[] {
  return Object.entries(entries).map(([table, entry]) => ({
    table,
    about: entry.about,
    held: entry.held,
    columns: Object.entries(schema[table] ?? {}).map(([column, why]) => columnOf(entry, column, why)),
  }));
}

function columnOf(entry: TableEntry, column: string, why: string): DataMapColumn {
  const own = entry.columns?.[column];
  return {
    column,
    why: own?.why ?? why,
    readers: own?.readers ?? entry.readers,
    goes: own?.goes ?? entry.goes,
  };
}
