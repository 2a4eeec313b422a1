import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";
import { quoted } from "../printable.ts";
import { nameOf } from "../recipient.ts";

interface Options {
  once?: boolean;
}

const ENDS: Record<string, string> = {
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
  let state = "";
  const onState = (next: string) => {
    if (next === state) return;
    state = next;
    if (output.json) void output.result({ event: "state", state }, "");
    else output.note(colors.dim(state === "open" ? "Listening. Ctrl-C ends it." : `(${state})`));
  };
  try {
    for await (const incoming of device.inbox({ once, signal: ended.signal, onState })) {
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
  const why = ENDS[state];
  if (why !== undefined && !ended.signal.aborted) throw new Failure(state, why);
}
