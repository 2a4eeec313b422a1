import type { Command } from "commander";
import type { HeldTable } from "../../protocol/answers.ts";
import { explain } from "../explained.ts";
import { onDevice } from "../invocation.ts";
import { outline } from "../outline.ts";
import { colors } from "../output.ts";
import { printable } from "../printable.ts";

/** Rows of a table that a person is shown whole: enough to see what kind they are of. */
const SHOWN_ROWS = 3;

export function defineHeld(program: Command): void {
  program
    .command("held")
    .description("show what the relay stores about this device and what for; every row with --json")
    .action((_options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const held = await device.held();
        // What is held is shown also when the relay does not say what for.
        const dataMap = await device.dataMap().catch(() => undefined);
        await output.result(
          { ...held, ...(dataMap && { dataMap }) },
          [
            ...describe("In the mailbox", held.mailbox),
            "",
            ...describe("In the consent records", held.records),
            "",
            ...(dataMap === undefined
              ? ["This relay does not say what its columns are for."]
              : explain(dataMap, held)),
          ].join("\n"),
        );
      }),
    );
}

function describe(where: string, tables: readonly HeldTable[]): string[] {
  const filled = tables.filter(({ rows }) => rows.length > 0);
  const empty = tables.filter(({ rows }) => rows.length === 0).map(({ table }) => printable(table));
  return [
    colors.bold(where),
    ...(tables.length === 0 ? ["  nothing"] : filled.map(describeTable)),
    ...(empty.length === 0 ? [] : [`  no rows: ${empty.join(", ")}`]),
  ];
}

function describeTable({ table, rows }: HeldTable): string {
  const more = rows.length - SHOWN_ROWS;
  return [
    `  ${colors.cyan(printable(table))}: ${rows.length === 1 ? "1 row" : `${rows.length} rows`}`,
    outline(rows.slice(0, SHOWN_ROWS), "    "),
    ...(more > 0 ? [`    … and ${more} more (all of them with --json)`] : []),
  ].join("\n");
}
