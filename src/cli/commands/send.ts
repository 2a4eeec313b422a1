import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { Sent, SentState } from "../../client/sent.ts";
import { PROBLEMS } from "../../protocol/problems.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { parseTtl } from "../duration.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";
import { findContact, nameOf } from "../recipient.ts";

interface Options {
  ttl?: number;
  revocable?: boolean;
}

export function defineSend(program: Command): void {
  program
    .command("send")
    .description("seal a text for a contact and deposit it")
    // An address may begin with a dash, and so may a text.
    .allowUnknownOption()
    .argument("<to>", "the contact's name or address")
    .argument("<text>", "the text, or - to read it from stdin")
    .option("--ttl <duration>", "how long it may be held: 90s, 5m, 1h, 7d, or 0 for now or never", parseTtl)
    .option("--revocable", "may be taken back until it is delivered, with: restante revoke ID")
    .action((to: string, text: string, options: Options, command: Command) =>
      onDevice(command, (device, output) => send(device, output, to, text, options)),
    );
}

async function send(
  device: Device,
  output: Output,
  to: string,
  text: string,
  options: Options,
): Promise<void> {
  const { address } = findContact(device.contacts(), to);
  const words = text === "-" ? await readStandardInput() : text;
  if (words === "") throw new Failure("usage", "There is no text to send.");
  const sent = await device.send(address, words, {
    ...(options.ttl !== undefined && { ttlSeconds: options.ttl }),
    ...(options.revocable && { revocable: true }),
  });
  const { id, state, heldUntil } = sent;
  const reason = state === "refused" ? reasonOf(sent) : undefined;
  await output.result(
    { id, to: address, state, ...(heldUntil !== undefined && { heldUntil }) },
    [
      describeState(sent, nameOf(device.contacts(), address)),
      ...(reason === undefined ? [] : [`  why  ${reason}`]),
      `  id   ${id}`,
    ].join("\n"),
  );
  if (reason !== undefined) throw new Failure(sent.problem ?? "refused", reason, { told: true });
  const unmet = UNMET[state];
  if (unmet !== undefined) throw new Failure(state, unmet, { told: true });
}

/** Ends that are not what the sender wanted: a script must not take them for success. */
const UNMET: Partial<Record<SentState, string>> = {
  expired: "The text's time ended before it was delivered.",
  undecided: "The text was shown to a device that did not confirm in time. It may have it.",
  revoked: "The text was taken back before it was delivered.",
};

function reasonOf({ problem }: Sent): string {
  return problem === undefined ? "The relay did not take the text. Nobody has it." : PROBLEMS[problem][2];
}

function describeState({ state, heldUntil }: Sent, name: string): string {
  switch (state) {
    case "delivered":
      return `${colors.green("Delivered")} to ${name}`;
    case "held":
      return `${colors.cyan("Held")} for ${name}${heldUntil === undefined ? "" : ` until ${moment(heldUntil)}`}`;
    case "queued":
      return `${colors.yellow("Queued")}: the relay could not be reached. The next send or listen tries again`;
    case "undecided":
      return `${colors.yellow("Undecided")}: shown to ${name}'s device, which did not confirm in time`;
    case "expired":
      return `${colors.yellow("Expired")}: its time ended before ${name} got it`;
    case "revoked":
      return `${colors.yellow("Revoked")}: taken back before ${name} got it`;
    case "refused":
      return `${colors.red("Refused")}: ${name} does not get it`;
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const text = decodeUtf8(Buffer.concat(chunks));
  if (text === undefined) throw new Failure("usage", "What came on stdin is not UTF-8 text.");
  return text.replace(/\r?\n$/, "");
}
