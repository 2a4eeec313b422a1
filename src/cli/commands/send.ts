import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { Sent, SentState } from "../../client/sent.ts";
import { PROBLEMS } from "../../protocol/problems.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { parseTtl } from "../duration.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { sendLater } from "../later.ts";
import { colors, moment, type Output } from "../output.ts";
import { findRecipient, nameOf, type Recipient } from "../recipient.ts";
import { sendOrSms } from "./send-or-sms.ts";

interface Options {
  ttl?: number;
  revocable?: boolean;
  smsAfter?: string;
  smsCommand?: string;
}

export function defineSend(program: Command): void {
  program
    .command("send")
    .description("seal a text for a contact, or everybody in a group, and deposit it")
    // An address may begin with a dash, and so may a text.
    .allowUnknownOption()
    .argument("<to>", "the contact's name or address, the group's id, or a number that begins with +")
    .argument("<text>", "the text, or - to read it from stdin")
    .option("--ttl <duration>", "how long it may be held: 90s, 5m, 1h, 7d, or 0 for now or never", parseTtl)
    .option("--revocable", "may be taken back until it is delivered, with: restante revoke ID")
    .option("--sms-after <duration>", "by SMS if nobody has it by then: 15s, 2m; up to 24h. Never both")
    .option(
      "--sms-command <program>",
      "sends the SMS: number in $RESTANTE_SMS_NUMBER, text on stdin (default: opens an sms: link, with number and text on a command line that other users here may see)",
    )
    .action((to: string, text: string, options: Options, command: Command) => {
      const { ttl, revocable, smsAfter, smsCommand } = options;
      if (smsAfter === undefined && smsCommand !== undefined)
        throw new Failure("usage", "--sms-command is for --sms-after: say when SMS takes over.");
      if (smsAfter !== undefined && (ttl !== undefined || revocable))
        throw new Failure(
          "usage",
          "--sms-after says how long it may be held: leave out --ttl and --revocable.",
        );
      return onDevice(command, (device, output) => send(device, output, to, text, options));
    });
}

async function send(
  device: Device,
  output: Output,
  to: string,
  text: string,
  options: Options,
): Promise<void> {
  const recipient = findRecipient(device, to);
  const words = text === "-" ? await readStandardInput() : text;
  if (words === "") throw new Failure("usage", "There is no text to send.");
  const { smsAfter, smsCommand } = options;
  if (smsAfter !== undefined)
    return sendOrSms(device, output, recipient, words, { smsAfter, ...(smsCommand && { smsCommand }) });
  const sent = await device.send(recipient.to, words, {
    ...(options.ttl !== undefined && { ttlSeconds: options.ttl }),
    ...(options.revocable && { revocable: true }),
  });
  const { id, state, heldUntil } = sent;
  const reason = state === "refused" ? reasonOf(sent, recipient) : undefined;
  const people = recipient.isGroup ? await eachOf(sent) : undefined;
  await output.result(
    { id, to: recipient.to, state, ...(heldUntil !== undefined && { heldUntil }), ...(people && { people }) },
    [
      describeState(sent, recipient),
      ...(reason === undefined ? [] : [`  why  ${reason}`]),
      ...differing(people ?? []).map(
        ({ person, state }) => `  ${state.padEnd(10)} ${nameOf(device.contacts(), person)}`,
      ),
      `  id   ${id}`,
    ].join("\n"),
  );
  await sendLater(device);
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

interface PersonState {
  readonly person: string;
  readonly state: SentState;
}

/** What became of a text for each person in a group: the whole is what is the worst. */
async function eachOf({ pieces }: Sent): Promise<PersonState[]> {
  const { stateOf } = await import("../../client/sent.ts");
  const people = [...new Set(pieces.map(({ person }) => person))];
  return people.map((person) => ({
    person,
    state: stateOf(pieces.filter((piece) => piece.person === person)),
  }));
}

/** Told one by one only when it is not the same for all. */
function differing(people: readonly PersonState[]): readonly PersonState[] {
  return people.every(({ state }) => state === people[0]?.state) ? [] : people;
}

function reasonOf({ problem }: Sent, { isGroup }: Recipient): string {
  if (isGroup && problem === undefined)
    return "Somebody's relay could not be asked for a key. They do not get it.";
  return problem === undefined ? "The relay did not take the text. Nobody has it." : PROBLEMS[problem][2];
}

function describeState({ state, heldUntil }: Sent, { name, isGroup }: Recipient): string {
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
      return `${colors.red("Refused")}: ${isGroup ? `not everybody in ${name} gets it` : `${name} does not get it`}`;
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  const text = decodeUtf8(Buffer.concat(chunks));
  if (text === undefined) throw new Failure("usage", "What came on stdin is not UTF-8 text.");
  return text.replace(/\r?\n$/, "");
}
