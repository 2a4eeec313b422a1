import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { IncomingText } from "../../client/inbox.ts";
import type { LineState } from "../../client/line.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { sendLater } from "../later.ts";
import { colors, moment, type Output } from "../output.ts";
import { quoted } from "../printable.ts";
import { nameOf } from "../recipient.ts";
import { useSms } from "../sms.ts";

interface Options {
  once?: boolean;
  smsCommand?: string;
}

const ENDS: Partial<Record<LineState, string>> = {
  replaced: "Another connection of this device took over. Only one listens at a time.",
  withdrawn: "The consent was withdrawn: the mailbox is gone.",
};

const NOTICE_CHANGED_MATERIALLY =
  "Nobody can write to you until you have read it and agreed: restante consent";

export function defineListen(program: Command): void {
  program
    .command("listen")
    .description("show texts as they arrive, until Ctrl-C")
    .option("--once", "show what waits now, and end")
    .option(
      "--sms-command <program>",
      "for texts that an earlier send --sms-after left undecided: see restante send --help",
    )
    .action((options: Options, command: Command) =>
      onDevice(command, (device, output) => {
        useSms(device, options.smsCommand);
        return listen(device, output, options.once === true);
      }),
    );
}

async function listen(device: Device, output: Output, once: boolean): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  // Who closed the pipe reads no more: a text must not be taken off the relay for nobody.
  process.stdout.once("error", end);
  let state: LineState | undefined;
  let shown = 0;
  const heard = device.listen((news) => {
    if (news.kind !== "notice-changed") return;
    const { version, material } = news;
    const meaning = material ? NOTICE_CHANGED_MATERIALLY : "It changes nothing that you agreed to.";
    if (output.json) void output.result({ event: news.kind, version, material }, "");
    else output.note(colors.yellow(`The relay's notice is now version ${version}. ${meaning}`));
  });
  const tell = stateTeller(device.relay, output);
  const onState = (next: LineState) => {
    state = next;
    tell(next);
  };
  try {
    for await (const incoming of device.inbox({ once, signal: ended.signal, onState })) {
      shown++;
      const { done: _, ...text } = incoming;
      const name = nameOf(device.contacts(), text.from);
      await output.result(
        { event: "text", ...text, ...(name !== text.from && { name }) },
        `${headOf(device, text)}\n${quoted(text.text)}`,
      );
      await incoming.done();
    }
  } finally {
    heard();
    process.off("SIGINT", end).off("SIGTERM", end);
  }
  if (once) await sendLater(device);
  if (once && shown === 0) output.note("Nothing waits.");
  const why = state && ENDS[state];
  if (state !== undefined && why !== undefined && !ended.signal.aborted) throw new Failure(state, why);
}

/** Who wrote, where, when. What the owner wrote on another device is shown as well. */
function headOf(
  device: Device,
  { from, unverified, to, conversation, sentAt }: Omit<IncomingText, "done">,
): string {
  const contacts = device.contacts();
  const [person] = device.ownDevices.list();
  const name = from === person?.address ? "You" : nameOf(contacts, from);
  const where = conversation === undefined ? "" : ` in the group ${conversation}`;
  const whom = to === undefined ? "" : ` to ${nameOf(contacts, to)}`;
  const stranger = unverified ? colors.yellow(" (unverified)") : "";
  return `${colors.bold(name)}${stranger}${whom}${where} ${colors.dim(moment(sentAt))}`;
}

/**
 * Tells what a change of the connection means, once. An outage is one state, `waiting`, however many tries it
 * takes. People hear of it at the second try: by then it is sure that the consent has not simply ended.
 */
function stateTeller(relay: string, output: Output): (next: LineState) => void {
  let state: LineState | undefined;
  let toldOutage = false;
  let wasOpen = false;
  return (next) => {
    const retrying = state === "waiting" && next === "connecting";
    if (retrying && !toldOutage) {
      toldOutage = true;
      const what = wasOpen
        ? `The connection to the relay at ${relay} was lost.`
        : `The relay at ${relay} cannot be reached.`;
      output.note(colors.yellow(`${what} Trying again until it answers; Ctrl-C ends it.`));
    }
    if (retrying || next === state) return;
    state = next;
    if (output.json) void output.result({ event: "state", state }, "");
    if (state !== "open") return;
    output.note(colors.dim("Listening. Ctrl-C ends it."));
    toldOutage = false;
    wasOpen = true;
  };
}
