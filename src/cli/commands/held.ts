import type { Command } from "commander";
import type { HeldTable } from "../../protocol/answers.ts";
import { onDevice } from "../invocation.ts";
import { outline } from "../outline.ts";
import { colors } from "../output.ts";
import { printable } from "../printable.ts";

export function defineHeld(program: Command): void {
  program
    .command("held")
    .description("show everything that the relay stores about this device; long values whole with --json")
    .action((_options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const held = await device.held();
        await output.result(
          held,
          [
            ...describe("In the mailbox", held.mailbox),
            "",
            ...describe("In the consent records", held.records),
          ].join("\n"),
        );
      }),
    );
}

function describe(where: string, tables: readonly HeldTable[]): string[] {
  const counted = tables.map(({ table, rows }) => {
    const head = `  ${colors.cyan(printable(table))}: ${rows.length === 1 ? "1 row" : `${rows.length} rows`}`;
    return rows.length === 0 ? head : `${head}\n${outline(rows, "    ")}`;
  });
  return [colors.bold(where), ...(counted.length === 0 ? ["  nothing"] : counted)];
}
