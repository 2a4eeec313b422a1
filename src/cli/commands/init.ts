import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { invocationOf } from "../invocation.ts";
import { readJurisdiction } from "../jurisdiction.ts";
import { colors } from "../output.ts";

interface Options {
  relay: string;
  jurisdiction?: string;
  passphrase: boolean;
}

export function defineInit(program: Command): void {
  program
    .command("init")
    .description("make a device: keys in an encrypted vault; nothing is sent")
    .requiredOption("--relay <url>", "the relay to use, such as https://relay.example")
    .option(
      "--jurisdiction <code>",
      "where the mailbox shall live, such as eu; for the device's whole life",
      readJurisdiction,
    )
    .option("--no-passphrase", "keep the vault's key in a file instead")
    .action(init);
}

async function init(options: Options, command: Command): Promise<void> {
  const { home, output } = invocationOf(command);
  const { jurisdiction = "", passphrase: withPassphrase } = options;
  const relay = await readRelay(options.relay);
  const { createDevice, keyFile } = await import("../home.ts");
  const device = await createDevice(home, { relay, jurisdiction, withPassphrase });
  if (!withPassphrase)
    output.note(
      `${colors.yellow("No passphrase:")} whoever can read ${keyFile(home)} can read this device's messages and write in its name. Only the file's permissions protect it; keep it out of backups.`,
    );
  await output.result(
    { ...device, home },
    `Made a device in ${home}\n  address  ${device.address}\n  relay    ${device.relay}\nNothing has been sent. Next: restante consent`,
  );
}

async function readRelay(url: string): Promise<string> {
  const { ContactCardError, relayOrigin } = await import("../../client/card.ts");
  try {
    return relayOrigin(url);
  } catch (error) {
    throw error instanceof ContactCardError ? new Failure("usage", error.message) : error;
  }
}
