import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { RouteState } from "../../client/numbers/answers.ts";
import { onDevice } from "../invocation.ts";
import type { Output } from "../output.ts";
import { describeRoute } from "../route.ts";

export function defineNumber(program: Command): void {
  const number = program
    .command("number")
    .description("your own number: whether you are found by it (alone: show)");
  number
    .command("show", { isDefault: true })
    .description("show it, and how it stands at the relay")
    .action((_options: object, command: Command) =>
      onDevice(command, (device, output) => tell(device, output, () => device.numbers.route())),
    );
  number
    .command("list")
    .description("be found by it; within ten minutes of restante verify")
    .action((_options: object, command: Command) =>
      onDevice(command, (device, output) => tell(device, output, () => device.numbers.list())),
    );
  number
    .command("unlist")
    .description("be found by it no longer")
    .action((_options: object, command: Command) =>
      onDevice(command, (device, output) => tell(device, output, () => device.numbers.unlist())),
    );
}

async function tell(device: Device, output: Output, ask: () => Promise<RouteState>): Promise<void> {
  const route = await ask();
  const own = device.numbers.own?.number;
  await output.result(
    { ...(own !== undefined && { number: own }), route },
    `${own === undefined ? "No number was verified on this device." : `Your number is ${own}.`}\n${describeRoute(route)}`,
  );
}
