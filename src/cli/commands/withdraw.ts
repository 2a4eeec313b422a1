import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { onDevice } from "../invocation.ts";
import { outline } from "../outline.ts";
import { colors, type Output } from "../output.ts";
import { askYesNo, requireAsking } from "../prompt.ts";
import { readClaims } from "../receipt-claims.ts";

interface Options {
  yes?: boolean;
}

export function defineWithdraw(program: Command): void {
  program
    .command("withdraw")
    .description("end the consent: the relay erases the mailbox and all in it")
    .option("--yes", "do not ask")
    .action((options: Options, command: Command) => {
      if (!options.yes) requireAsking(command);
      return onDevice(command, (device, output) => withdraw(device, output, options.yes === true));
    });
}

async function withdraw(device: Device, output: Output, sure: boolean): Promise<void> {
  const question = `The relay at ${device.relay} will erase this device's mailbox and every text that waits in it, its keys and its consent. Contact cards that you gave out stop working.\nWithdraw?`;
  // An ended consent has nothing left to ask about: its receipt is only shown again.
  const before = !device.mayBeConsented();
  if (!sure && !before && !(await askYesNo(question)))
    return output.result({ withdrawn: false }, "Nothing was withdrawn.");
  const { receipt } = await device.withdraw();
  if (receipt === undefined)
    return output.result(
      { withdrawn: true },
      "The consent ended so long ago that the relay keeps no receipt of it any more.",
    );
  const claims = readClaims(receipt);
  const head = before
    ? "Withdrawn before; this is the receipt that was kept. It says:"
    : `${colors.green("Withdrawn.")} The relay's signed receipt says:`;
  await output.result(
    { withdrawn: true, receipt, claims },
    `${head}\n${outline(claims, "  ")}\nThe receipt itself, to keep:\n${receipt}`,
  );
}
