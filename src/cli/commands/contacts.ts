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
        for (const { address, relay, name, verified, number, unverified, blocked } of contacts) {
          const marks = [verified && "verified", unverified && "unverified", blocked && "blocked"].filter(
            Boolean,
          );
          const head = [colors.bold(printable(name ?? number ?? "(no name)")), ...marks].join("  ");
          await output.result(
            {
              address,
              relay,
              ...(name !== undefined && { name }),
              ...(number !== undefined && { number }),
              ...(verified !== undefined && { verified: true }),
              ...(unverified && { unverified }),
              ...(blocked && { blocked }),
            },
            [
              head,
              ...(number === undefined ? [] : [`  number   ${number}`]),
              `  address  ${address}`,
              `  relay    ${relay}`,
            ].join("\n"),
          );
        }
        if (contacts.length === 0) output.note("No contacts yet. Run: restante add CARD NAME");
      }),
    );
}
