import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { LineState } from "../../client/line.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";
import { quoted } from "../printable.ts";
import { nameOf } from "../recipient.ts";

interface Options {
  once?: boolean;
}

const ENDS: Partial<Record<LineState, string>> = {
  replaced: "Another connection of this device took over. Only one listens at a time.",
  withdrawn: "The consent was withdrawn: the mailbox is gone.",
};

export function defineListen(program: Command): void {
  program
    .command("listen")
    .description("show texts as they arrive, until Ctrl-C")
    .option("--once", "show what waits now, and end")
    .action((options: Options, command: Command) =>
      onDevice(command, (device, output) => listen(device, output, options.once === true)),
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
  const tell = stateTeller(device.relay, output);
  const onState = (next: LineState) => {
    state = next;
    tell(next);
  };
  try {
    for await (const incoming of device.inbox({ once, signal: ended.signal, onState })) {
      shown++;
      const { id, from, text, sentAt } = incoming;
      const name = nameOf(device.contacts(), from);
      await output.result(
        { event: "text", id, from, ...(name !== from && { name }), text, sentAt },
        `${colors.bold(name)} ${colors.dim(moment(sentAt))}\n${quoted(text)}`,
      );
      await incoming.done();
    }
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
  if (once && shown === 0) output.note("Nothing waits.");
  const why = state && ENDS[state];
  if (state !== undefined && why !== undefined && !ended.signal.aborted) throw new Failure(state, why);
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
