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

export function defineCloseLost(program: Command): void {
  program
    .command("close-lost")
    .description("close the mailbox of a device of yours that is lost, with the withdrawal it left behind")
    // An address may begin with a dash.
    .allowUnknownOption()
    .argument("<address>", "the device's address, from restante devices")
    .option("--yes", "do not ask")
    .action((address: string, options: Options, command: Command) => {
      if (!options.yes) requireAsking(command);
      return onDevice(command, (device, output) => closeLost(device, output, address, options.yes === true));
    });
}

async function closeLost(device: Device, output: Output, address: string, sure: boolean): Promise<void> {
  const question = `The relay will erase the mailbox of
  ${address}
with every text that waits in it, and its consent. Texts on the device itself stay there, and its keys stay good: unlink it as well. If it has agreed anew since it was last heard from, that newer mailbox stays.
Close it?`;
  if (!sure && !(await askYesNo(question))) return output.result({ closed: false }, "Nothing was closed.");
  const { receipt } = await device.ownDevices.closeLost(address);
  const claims = readClaims(receipt);
  await output.result(
    { closed: address, receipt, claims },
    [
      `${colors.green("Closed.")} The relay's signed receipt says:`,
      outline(claims, "  "),
      "The receipt itself, to keep:",
      receipt,
      ...(device.ownDevices.list().some((own) => own.address === address)
        ? ["It is still one of your devices. On your first device: restante unlink ADDRESS"]
        : []),
    ].join("\n"),
  );
}
