import type { Command } from "commander";
import { onDevice } from "../invocation.ts";

export function defineCard(program: Command): void {
  program
    .command("card")
    .description("show the contact card to give to people who may write to you")
    .action((_options: object, command: Command) =>
      onDevice(command, (device, output) => {
        const card = device.card();
        return output.result({ card, address: device.address }, card);
      }),
    );
}
