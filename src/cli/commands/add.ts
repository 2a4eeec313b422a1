import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { printable } from "../printable.ts";

export function defineAdd(program: Command): void {
  program
    .command("add")
    .description("add a person by their contact card, or renew it; the name stays on this device")
    .argument("<card>", "the link that they gave you")
    .argument("[name]", "what you call them")
    .action((card: string, name: string | undefined, _options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        const { parseCard } = await import("../../client/card.ts");
        const { address } = parseCard(card);
        if (name === "") throw new Failure("usage", "The name is empty. Leave it out, or give one.");
        const namesake = device
          .contacts()
          .find((contact) => contact.name === name && contact.address !== address);
        if (name !== undefined && namesake !== undefined)
          throw new Failure("name-taken", `${name} is the name of another contact. Choose another.`);
        const contact = await device.add(card, name);
        const { relay } = contact;
        await output.result(
          { address, relay, ...(contact.name !== undefined && { name: contact.name }) },
          `Added ${printable(contact.name ?? address)}\n  address  ${address}\n  relay    ${relay}`,
        );
      }),
    );
}
