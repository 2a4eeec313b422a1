import type { Device } from "../../client/device.ts";
import type { Fallback } from "../../client/fallback/fallback.ts";
import { Failure } from "../failure.ts";
import { colors, moment, type Output } from "../output.ts";
import type { Recipient } from "../recipient.ts";
import { useSms } from "../sms.ts";

/** Sends a text that goes by SMS if nobody has it in time, and waits until that is decided. Ctrl-C ends the wait. */
export async function sendOrSms(
  device: Device,
  output: Output,
  recipient: Recipient,
  text: string,
  { smsAfter, smsCommand }: { smsAfter: string; smsCommand?: string },
): Promise<void> {
  useSms(device, smsCommand);
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    const begun = await device.send(recipient.to, text, { smsAfter }).catch((error: unknown) => {
      if (error instanceof RangeError)
        throw new Failure("usage", "--sms-after takes 0s to 24h, such as 15s or 2m.");
      throw error;
    });
    if (begun.state === "waiting")
      output.note(`Deposited for ${recipient.name}. SMS at ${moment(begun.smsAt)} if nobody has it.`);
    const fallback = (await device.numbers.settled(begun.id, ended.signal)) ?? begun;
    await output.result({ ...fallback }, `${describe(fallback, recipient)}\n  id   ${fallback.id}`);
    if (fallback.advice !== undefined) throw new Failure("undecided", fallback.advice);
    if (ended.signal.aborted && !ENDS.has(fallback.state))
      throw new Failure(
        "interrupted",
        "It is not decided yet. Run restante listen to go on, or take it back: restante revoke ID",
      );
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

const ENDS = new Set<Fallback["state"]>(["delivered", "sms", "revoked"]);

function describe({ state, number }: Fallback, { name }: Recipient): string {
  switch (state) {
    case "delivered":
      return `${colors.green("Delivered")} to ${name}`;
    case "sms":
      return `${colors.cyan("Handed over to SMS")} for ${number}: no mailbox has it or will hand it over`;
    case "revoked":
      return `${colors.yellow("Revoked")}: neither delivered nor sent by SMS`;
    case "undecided":
      return `${colors.yellow("Undecided")}: it may have been delivered, or not`;
    default:
      return `${colors.yellow("Waiting")}: not decided yet`;
  }
}
