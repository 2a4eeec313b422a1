import type { Command } from "commander";
import { onDevice } from "../invocation.ts";
import { colors } from "../output.ts";
import { printable } from "../printable.ts";

export function defineContacts(program: Command): void {
  program
    .command("contacts")
    .description("list the people you may write to")
    .action((_options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const contacts = device.contacts();
        // The delivery token stays in: it is what others would need to write in this person's name's stead.
        for (const { address, relay, name, verified } of contacts) {
          const head = `${colors.bold(printable(name ?? "(no name)"))}${verified === undefined ? "" : "  verified"}`;
          await output.result(
            {
              address,
              relay,
              ...(name !== undefined && { name }),
              ...(verified !== undefined && { verified: true }),
            },
            `${head}\n  address  ${address}\n  relay    ${relay}`,
          );
        }
        if (contacts.length === 0) output.note("No contacts yet. Run: restante add CARD NAME");
      }),
    );
}
