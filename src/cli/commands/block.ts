import type { Command } from "commander";
import { onDevice } from "../invocation.ts";
import { colors } from "../output.ts";
import { findContact, nameOf } from "../recipient.ts";

export function defineBlock(program: Command): void {
  program
    .command("block")
    .description("hear no more from somebody; contact cards that you gave out before no longer work")
    // An address may begin with a dash.
    .allowUnknownOption()
    .argument("<contact>", "the contact's name or address")
    .action((contact: string, _options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const { address } = findContact(device.contacts(), contact);
        const replaced = await device.block(address);
        await device.flush().catch(() => undefined);
        await output.result(
          { blocked: address, replaced },
          [
            `${colors.green("Blocked")} ${nameOf(device.contacts(), address)}`,
            replaced
              ? "Everybody else who wrote to you is told your new delivery token. Give others a new card: restante card"
              : "The relay could not be reached: it shuts them out as soon as this device connects. Until then what they send is dropped here.",
          ].join("\n"),
        );
      }),
    );
}

export function defineUnblock(program: Command): void {
  program
    .command("unblock")
    .description("hear from somebody again")
    .allowUnknownOption()
    .argument("<contact>", "the contact's name or address")
    .action((contact: string, _options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const { address } = findContact(device.contacts(), contact);
        await device.unblock(address);
        await output.result(
          { unblocked: address },
          `${colors.green("Unblocked")} ${nameOf(device.contacts(), address)}`,
        );
      }),
    );
}
