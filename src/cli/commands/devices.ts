import type { Command } from "commander";
import { onDevice } from "../invocation.ts";

export function defineDevices(program: Command): void {
  program
    .command("devices")
    .description("list your devices; the first links and unlinks the others")
    .action((_options: object, command: Command) =>
      onDevice(command, async (device, output) => {
        for (const { address, first, self } of device.ownDevices.list()) {
          const marks = [...(first ? ["first"] : []), ...(self ? ["this one"] : [])];
          await output.result(
            { address, first, self },
            marks.length === 0 ? address : `${address}  ${marks.join(", ")}`,
          );
        }
      }),
    );
}
