import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, type Output } from "../output.ts";
import { findContact, nameOf } from "../recipient.ts";

interface Options {
  scan?: string;
  digits?: string;
}

/** Groups of digits in a line: as people read a long number. */
const GROUPS_IN_A_LINE = 4;

export function defineSafety(program: Command): void {
  program
    .command("safety")
    .description("the safety number with a contact: the same on both sides when nobody stands between you")
    // An address may begin with a dash.
    .allowUnknownOption()
    .argument("<contact>", "their name or address")
    .option("--scan <code>", "compare with the code that their device shows")
    .option("--digits <digits>", "compare with the digits that they read to you")
    .action((contact: string, options: Options, command: Command) => {
      if (options.scan !== undefined && options.digits !== undefined)
        throw new Failure("usage", "Compare with one of them: --scan or --digits.");
      return onDevice(command, (device, output) => safety(device, output, contact, options));
    });
}

async function safety(device: Device, output: Output, contact: string, options: Options): Promise<void> {
  const { address, verified } = findContact(device.contacts(), contact);
  const name = nameOf(device.contacts(), address);
  const { scan, digits: read } = options;
  if (scan !== undefined || read !== undefined) {
    const isSame =
      scan !== undefined ? await scanned(device, address, scan) : await heard(device, address, read);
    if (!isSame)
      throw new Failure(
        "safety-number-different",
        `It is not the same as with ${name}. Somebody may stand between you, or one of you does not know the other's newest device yet: write to each other and compare again.`,
      );
    return output.result({ address, verified: true }, `${colors.green("The same:")} ${name} is verified`);
  }
  const { digits, code } = device.safetyNumber(address);
  await output.result(
    { address, digits, code, verified: verified !== undefined },
    [
      `With ${colors.bold(name)}, ${verified === undefined ? "not compared yet" : colors.green("verified")}`,
      ...inLines(digits).map((line) => `  ${line}`),
      "For their device to scan, as a QR code:",
      code,
    ].join("\n"),
  );
}

async function scanned(device: Device, address: string, code: string): Promise<boolean> {
  const comparison = await device.compareSafetyCode(address, code.trim());
  if (comparison === "not-a-safety-code")
    throw new Failure("safety-code", "This is not a safety code. Run on their device: restante safety NAME");
  return comparison === "same";
}

/** However they were grouped when they were written down. */
function heard(device: Device, address: string, digits = ""): Promise<boolean> {
  const groups = digits.replaceAll(/\s/g, "").match(/\d{1,5}/g) ?? [];
  return device.noteSafetyNumberCompared(address, groups.join(" "));
}

function inLines(digits: string): string[] {
  const groups = digits.split(" ");
  return Array.from({ length: Math.ceil(groups.length / GROUPS_IN_A_LINE) }, (_, line) =>
    groups.slice(line * GROUPS_IN_A_LINE, (line + 1) * GROUPS_IN_A_LINE).join(" "),
  );
}
