/** The program: its commands, its help, and what becomes of a failure. */
import { Command } from "commander";
import { defineAdd } from "./commands/add.ts";
import { defineApprove } from "./commands/approve.ts";
import { defineAudit } from "./commands/audit.ts";
import { defineBlock, defineUnblock } from "./commands/block.ts";
import { defineCard } from "./commands/card.ts";
import { defineCloseLost } from "./commands/close-lost.ts";
import { defineConsent } from "./commands/consent.ts";
import { defineContacts } from "./commands/contacts.ts";
import { defineDevices } from "./commands/devices.ts";
import { defineFind } from "./commands/find.ts";
import { defineGroup } from "./commands/group.ts";
import { defineHeld } from "./commands/held.ts";
import { defineHistory } from "./commands/history.ts";
import { defineInit } from "./commands/init.ts";
import { defineLink } from "./commands/link.ts";
import { defineListen } from "./commands/listen.ts";
import { defineNumber } from "./commands/number.ts";
import { defineReceipts } from "./commands/receipts.ts";
import { defineRevoke } from "./commands/revoke.ts";
import { defineSafety } from "./commands/safety.ts";
import { defineSend } from "./commands/send.ts";
import { defineUnlink } from "./commands/unlink.ts";
import { defineVerify } from "./commands/verify.ts";
import { defineWithdraw } from "./commands/withdraw.ts";
import { describeFailure } from "./failure.ts";
import { reportFailure } from "./output.ts";

const MORE_HELP = `
Exit codes:
  0  done; a text that was sent is delivered, held, queued or handed over to SMS
  1  something failed; a text that was sent is refused, expired or undecided
  2  the command was not understood; nothing was done

Environment:
  RESTANTE_HOME        where the device is kept, when --home does not say
  RESTANTE_PASSPHRASE  the vault's passphrase, for when nobody can be asked
  NO_COLOR             when not empty, no colours`;

const COMMANDS: readonly ((program: Command) => void)[] = [
  defineInit,
  defineConsent,
  defineCard,
  defineAdd,
  defineContacts,
  defineSafety,
  defineGroup,
  defineSend,
  defineRevoke,
  defineListen,
  defineVerify,
  defineNumber,
  defineFind,
  defineBlock,
  defineUnblock,
  defineReceipts,
  defineLink,
  defineApprove,
  defineDevices,
  defineUnlink,
  defineCloseLost,
  defineHeld,
  defineHistory,
  defineWithdraw,
  defineAudit,
];

export function createProgram(): Command {
  const program = new Command("restante")
    .description("An opt-in, end-to-end encrypted messaging relay: a client for the command line.")
    .option("--home <folder>", "where the device is kept (default: $RESTANTE_HOME or ~/.restante)")
    .option("--json", "one JSON object a line, on stdout; errors too, on stderr")
    .addHelpText("after", MORE_HELP)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  for (const define of COMMANDS) define(program);
  return program;
}

/** Does what one command line says. @returns the exit code */
export async function run(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const failure = describeFailure(error);
    if (failure === undefined) return 0;
    // Read by hand: an error in the command's own form comes before the parser knows.
    reportFailure(args.includes("--json"), failure);
    return failure.exitCode;
  }
}
