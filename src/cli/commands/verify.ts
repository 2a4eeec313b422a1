import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";
import { askText, canAsk } from "../prompt.ts";
import { describeRoute } from "../route.ts";

interface Options {
  code?: string;
  region?: string;
  list: boolean;
}

export function defineVerify(program: Command): void {
  program
    .command("verify")
    .description(
      "show that a number is yours: a code comes by SMS. Then be found by it, if you agreed to discovery",
    )
    .argument("[number]", "your number, e.g. +49 151 12345678")
    .option("--code <code>", "the code that came, when it was asked for before")
    .option("--region <country>", "whose national spelling the number has, e.g. DE")
    .option("--no-list", "verify it only: nobody finds you by it")
    .action((number: string | undefined, options: Options, command: Command) => {
      if ((number === undefined) === (options.code === undefined))
        throw new Failure("usage", "Give your number, to be sent a code; or --code with the one that came.");
      return onDevice(command, (device, output) => verify(device, output, number, options));
    });
}

async function verify(
  device: Device,
  output: Output,
  number: string | undefined,
  { code, region, list }: Options,
): Promise<void> {
  if (number !== undefined) {
    const sent = await device.numbers.requestCode(number, region === undefined ? {} : { region });
    const { resendAt, expires } = sent;
    await output.result(
      { event: "code-sent", number: sent.number, resendAt, expires },
      `A code is on its way to ${sent.number}. It is good until ${moment(expires)}.`,
    );
    if (output.json || !canAsk()) {
      output.note("When it has come: restante verify --code CODE");
      return;
    }
  }
  const verified = await device.numbers.submitCode(code ?? (await askText("The code:")));
  const wantsListing = list && device.consented()?.purposes.includes("discovery") === true;
  const route = wantsListing ? await device.numbers.list() : undefined;
  await output.result(
    { event: "verified", number: verified, ...(route && { route }) },
    [
      `${colors.green("Verified")} ${verified}`,
      route === undefined
        ? "Nobody finds you by it. To be found: restante number list"
        : describeRoute(route),
    ].join("\n"),
  );
}
