import { type Command, Option } from "commander";
import { onDevice } from "../invocation.ts";

interface Options {
  delivered?: "on" | "off";
  read?: "on" | "off";
}

export function defineReceipts(program: Command): void {
  program
    .command("receipts")
    .description("show or change whether people are told that their text was delivered, or read")
    .addOption(onOrOff("delivered", "this device has it"))
    .addOption(onOrOff("read", "it was shown to you"))
    .action((options: Options, command: Command) =>
      onDevice(command, async (device, output) => {
        const before = device.receipts();
        const settings = {
          delivered: options.delivered === undefined ? before.delivered : options.delivered === "on",
          read: options.read === undefined ? before.read : options.read === "on",
        };
        if (options.delivered !== undefined || options.read !== undefined) await device.setReceipts(settings);
        await output.result(
          settings,
          `delivered  ${word(settings.delivered)}\nread       ${word(settings.read)}`,
        );
      }),
    );
}

function onOrOff(name: string, about: string): Option {
  return new Option(`--${name} <on|off>`, about).choices(["on", "off"]);
}

function word(on: boolean): string {
  return on ? "on: a few seconds later, to who wrote it" : "off";
}
