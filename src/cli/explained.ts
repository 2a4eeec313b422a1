/** A relay's data map, for people: what each stored column is for, who can read it and when it goes. */
import type { HeldAnswer } from "../protocol/answers.ts";
import type { DataMapAnswer, DataMapColumn, DataMapTable } from "../protocol/data-map.ts";
import { colors } from "./output.ts";
import { printable } from "./printable.ts";

/** First the tables that have rows of this device, column by column; then the others by what they are. */
export function explain({ backupDays, places }: DataMapAnswer, held: HeldAnswer): string[] {
  const shown = new Set(
    (["mailbox", "records"] as const).flatMap((place) =>
      held[place].filter(({ rows }) => rows.length > 0).map(({ table }) => `${place} ${table}`),
    ),
  );
  const all = places.flatMap(({ place, tables }) =>
    tables.map((table) => ({ table, shown: shown.has(`${place} ${table.table}`) })),
  );
  return [
    colors.bold("What these columns are"),
    ...all.filter((one) => one.shown).flatMap(({ table }) => explainTable(table)),
    "",
    colors.bold("What else this relay may store"),
    ...all
      .filter((one) => !one.shown)
      .flatMap(({ table }) => [
        `  ${colors.cyan(printable(table.table))}: ${printable(table.about)}`,
        `    Shown by this command: ${printable(table.held)}`,
      ]),
    "",
    `What has gone can be restored from the platform's backups for ${backupDays} days.`,
  ];
}

/** What holds for most columns is said once. */
function explainTable({ table, about, columns }: DataMapTable): string[] {
  const readers = mostOften(columns.map((column) => column.readers));
  const goes = mostOften(columns.map((column) => column.goes));
  return [
    `  ${colors.cyan(printable(table))}: ${printable(about)}`,
    `    Read by: ${printable(readers)}`,
    `    Goes:    ${printable(goes)}`,
    ...columns.map((column) => explainColumn(column, readers, goes)),
  ];
}

function explainColumn(column: DataMapColumn, readers: string, goes: string): string {
  const differs = [
    ...(column.readers === readers ? [] : [`Read by: ${column.readers}`]),
    ...(column.goes === goes ? [] : [`Goes: ${column.goes}`]),
  ];
  const lines = [`    - ${column.column}: ${column.why}`, ...differs.map((text) => `        ${text}`)];
  return lines.map(printable).join("\n");
}

function mostOften(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? "";
}
