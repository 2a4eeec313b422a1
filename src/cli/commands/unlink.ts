import type { Command } from "commander";
import { onDevice } from "../invocation.ts";
import { colors } from "../output.ts";

export function defineUnlink(program: Command): void {
  program
    .command("unlink")
    .description("on your first device: take another out of the list, and tell everybody who writes to you")
    // An address may begin with a dash.
    .allowUnknownOption()
    .argument("<address>", "the device's address, from restante devices")
    .action((address: string, _options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        await device.ownDevices.unlink(address);
        await output.result(
          { unlinked: address, devices: device.ownDevices.list() },
          `${colors.green("Unlinked")} ${address}\nWho has not heard of it yet still writes to it. If it is lost: restante close-lost ADDRESS`,
        );
      }),
    );
}
