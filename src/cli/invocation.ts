import { homedir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { Device } from "../client/device.ts";
import { createOutput, type Output } from "./output.ts";

/** What every command is run with. */
export interface Invocation {
  readonly home: string;
  readonly output: Output;
}

export function invocationOf(command: Command): Invocation {
  const { home, json } = command.optsWithGlobals<{ home?: string; json?: boolean }>();
  return {
    home: home ?? (process.env.RESTANTE_HOME || join(homedir(), ".restante")),
    output: createOutput(json === true),
  };
}

/**
 * Runs what a command does with the device. The client, with its cryptography, is loaded only here: help and
 * usage errors are there at once.
 */
export async function onDevice(
  command: Command,
  run: (device: Device, output: Output) => Promise<void>,
): Promise<void> {
  const { home, output } = invocationOf(command);
  const { withDevice } = await import("./home.ts");
  return withDevice(home, (device) => run(device, output));
}
