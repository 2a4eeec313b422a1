import type { Command } from "commander";
import type { Device } from "../client/device.ts";
import { homeFolder, withDevice } from "./home.ts";
import { createOutput, type Output } from "./output.ts";

/** What every command is run with. */
export interface Invocation {
  readonly home: string;
  readonly output: Output;
}

export function invocationOf(command: Command): Invocation {
  const { home, json } = command.optsWithGlobals<{ home?: string; json?: boolean }>();
  return { home: homeFolder(home), output: createOutput(json === true) };
}

/** Runs what a command does with the device. */
export function onDevice(
  command: Command,
  run: (device: Device, output: Output) => Promise<void>,
): Promise<void> {
  const { home, output } = invocationOf(command);
  return withDevice(home, (device) => run(device, output));
}
