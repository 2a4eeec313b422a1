import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment } from "../output.ts";
import { printable } from "../printable.ts";

interface Options {
  region?: string;
  fresh?: boolean;
  accept?: string;
}

const moved = (from: string | undefined) =>
  from === undefined
    ? ""
    : `\n  ${colors.yellow("moved")} from ${from}: ask them, then run restante find NUMBER --accept ADDRESS`;

export function defineFind(program: Command): void {
  program
    .command("find")
    .description("look up who can be reached by a number; the relay does not learn which numbers")
    .argument("<number...>", "in any usual spelling")
    .option("--region <country>", "whose national spelling they have, e.g. DE (default: your own number's)")
    .option("--fresh", "look them up now, whatever is remembered")
    .option(
      "--accept <address>",
      "say that the number, which led to somebody else before, is this person's now",
    )
    .action((numbers: string[], { region, fresh, accept }: Options, command: Command) =>
      onDevice(command, async (device, output) => {
        const [only = "", ...more] = numbers;
        if (accept !== undefined && more.length > 0)
          throw new Failure("usage", "--accept takes one number at a time.");
        if (accept !== undefined)
          await device.numbers.accept(only, accept, { ...(region !== undefined && { region }) });
        const found = await device.numbers.findAll(numbers, {
          ...(region !== undefined && { region }),
          ...(fresh && { fresh }),
        });
        for (const each of found) {
          const { spelled, number, address, verifiedAt, movedFrom } = each;
          const name = printable(number ?? spelled);
          const verified = verifiedAt === undefined ? "" : `  verified ${moment(verifiedAt)}`;
          const line =
            number === undefined
              ? `${name}  ${colors.yellow("is no number")}`
              : address === undefined
                ? `${name}  nobody`
                : `${colors.bold(name)}  ${address}${verified}${moved(movedFrom)}`;
          await output.result(each, line);
        }
        if (found.every(({ number }) => number === undefined))
          throw new Failure(
            "number-format",
            "None of them is a telephone number. Begin with + and the country's code.",
          );
      }),
    );
}
