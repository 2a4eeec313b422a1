import { Command } from "commander";
import type { ConversationInfo } from "../../client/conversations/making.ts";
import type { Device } from "../../client/device.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, type Output } from "../output.ts";
import { findContact, nameOf } from "../recipient.ts";

export function defineGroup(program: Command): void {
  const group = new Command("group").description(
    "conversations of 3 to 32 people; who is in one never changes",
  );
  program.addCommand(group.copyInheritedSettings(program));
  group
    .command("create")
    .description("make a group with these contacts; they learn of it with the first text")
    // An address may begin with a dash.
    .allowUnknownOption()
    .argument("<contact...>", "their names or addresses, 2 to 31")
    .action((names: string[], _options: object, command: Command) =>
      onDevice(command, (device, output) => create(device, output, names)),
    );
  group
    .command("list")
    .description("list the groups you are in")
    .action((_options: object, command: Command) => onDevice(command, list));
}

async function create(device: Device, output: Output, names: readonly string[]): Promise<void> {
  const people = names.map((name) => findContact(device.contacts(), name).address);
  const made = await device.createConversation(people).catch((error: unknown) => {
    if (error instanceof RangeError)
      throw new Failure("usage", "A group has 2 to 31 others, without yourself.");
    throw error;
  });
  await output.result(made, `${colors.green("Made")} ${describe(device, made)}`);
}

async function list(device: Device, output: Output): Promise<void> {
  const groups = device.conversations();
  for (const group of groups) await output.result(group, describe(device, group));
  if (groups.length === 0) output.note("No groups yet. Run: restante group create NAME NAME");
}

function describe(device: Device, { id, people }: ConversationInfo): string {
  const contacts = device.contacts();
  const names = people.map((person) => nameOf(contacts, person)).sort();
  return [`the group ${colors.bold(id)}`, "  you", ...names.map((name) => `  ${name}`)].join("\n");
}
