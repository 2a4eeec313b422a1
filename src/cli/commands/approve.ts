import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { waitConnected } from "../connected.ts";
import { parseWait } from "../duration.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, type Output } from "../output.ts";
import { askYesNo, requireAsking } from "../prompt.ts";

interface Options {
  yes?: boolean;
  wait: number;
}

export function defineApprove(program: Command): void {
  program
    .command("approve")
    .description("on your first device: link the one that shows this code")
    .argument("<code>", "the link code, from restante link on the new device")
    .option("--yes", "do not ask")
    .option("--wait <duration>", "how long to wait for its answer: 90s, 5m", parseWait, 15 * 60)
    .action((code: string, options: Options, command: Command) => {
      if (!options.yes) requireAsking(command);
      return onDevice(command, (device, output) => approve(device, output, code, options));
    });
}

async function approve(device: Device, output: Output, code: string, { yes, wait }: Options): Promise<void> {
  const { parseLinkCode } = await import("../../client/linking/link-code.ts");
  const { address, relay } = parseLinkCode(code);
  output.note(`To be linked\n  address  ${address}\n  relay    ${relay}`);
  const question =
    "It will get every text that you get from now on, write as you, know your contacts, and be able to close your devices' mailboxes. It must show this very address.\nLink it?";
  if (!yes && !(await askYesNo(question)))
    return output.result({ approved: false, address }, "Nothing was linked.");
  await device.ownDevices.approveLink(code);
  output.note("Invited. Waiting for its answer; Ctrl-C ends that.");
  const linked = await waitConnected(device, wait, () =>
    device.ownDevices.list().find((own) => own.address === address),
  );
  if (linked === undefined)
    throw new Failure(
      "not-answered",
      "It has not answered yet. If it does within 15 minutes, the next restante listen links it; else approve a new code.",
    );
  await device.flush();
  await output.result(
    { approved: true, address, devices: device.ownDevices.list() },
    `${colors.green("Linked")} ${address}\nYour contacts' safety numbers with you have changed.`,
  );
}
