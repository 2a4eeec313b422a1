import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { waitConnected } from "../connected.ts";
import { parseWait } from "../duration.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, type Output } from "../output.ts";

export function defineLink(program: Command): void {
  program
    .command("link")
    .description("show this new device's link code, and wait until your first device has linked it")
    .option("--wait <duration>", "how long to wait: 90s, 5m; the code ends after 15m", parseWait, 15 * 60)
    .action(({ wait }: { wait: number }, command: Command) =>
      onDevice(command, (device, output) => link(device, output, wait)),
    );
}

async function link(device: Device, output: Output, wait: number): Promise<void> {
  const code = await device.ownDevices.linkCode();
  await output.result({ event: "code", code, address: device.address }, code);
  output.note(
    [
      "On your first device, within 15 minutes: restante approve CODE",
      "Check there that it names this address:",
      `  ${device.address}`,
      colors.yellow("Show the code to nobody else: whoever sees it can make this device theirs."),
      "Waiting. Ctrl-C ends it.",
    ].join("\n"),
  );
  const person = await waitConnected(device, wait, () =>
    device.ownDevices.list().find(({ first, self }) => first && !self),
  );
  if (person === undefined)
    throw new Failure(
      "not-linked",
      "It is not linked yet. If the code is approved in time, the next restante listen links it; else show a new one.",
    );
  // What this device knows, for the others.
  await device.flush();
  await output.result(
    { event: "linked", person: person.address, devices: device.ownDevices.list() },
    `${colors.green("Linked.")} This device belongs to ${person.address}`,
  );
}
