/** What can go wrong, as one line that says what to do, a code for scripts, and an exit code. */
import { CommanderError } from "commander";
import { RelayProblem } from "../client/relay-problem.ts";
import type { Problem, ProblemCode } from "../protocol/problem-codes.ts";

/** Exit codes: something failed; the command was not understood. */
const FAILED = 1;
const USAGE = 2;

/** A failure that the command line itself found. `usage`: the command was wrong, not the world. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: string;
  readonly told: boolean;

  /** @param options.told the result says it to people already */
  constructor(code: string, message: string, options: { told?: boolean } = {}) {
    super(message);
    this.code = code;
    this.told = options.told === true;
  }
}

export interface FailureReport {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
  /** The result has told people already; scripts get the error all the same. */
  readonly told?: boolean;
  readonly problem?: Problem;
}

/** @returns undefined when nothing went wrong: help and version come as errors from the parser. */
export function describeFailure(error: unknown): FailureReport | undefined {
  if (error instanceof CommanderError) return describeUsage(error);
  const report = (code: string, message: string) => ({ code, message: oneLine(message), exitCode: FAILED });
  if (error instanceof Failure)
    return {
      ...report(error.code, error.message),
      exitCode: error.code === "usage" ? USAGE : FAILED,
      told: error.told,
    };
  if (error instanceof RelayProblem) {
    const { problem } = error;
    return {
      ...report(problem.code, `${problem.title}: ${ADVICE[problem.code] ?? problem.detail}`),
      problem,
    };
  }
  const [code, advice] = (error instanceof Error && KNOWN[error.name]) || [];
  if (error instanceof Error && code !== undefined) return report(code, `${error.message} ${advice}`);
  return report("failed", error instanceof Error ? error.message : String(error));
}

/** Where the relay's own advice is not how it is done here. */
const ADVICE: Partial<Record<ProblemCode, string>> = {
  "no-consent": "The relay knows no consent of this device. Run: restante consent",
  "notice-superseded": "The notice has changed. Read it and agree anew: restante consent",
  "jurisdiction-unavailable":
    "This relay cannot hold a mailbox there; restante consent --show lists where it can. Run restante init with another --jurisdiction and --home.",
  "not-authorized":
    "The contact has another delivery token now. Run restante listen --once: they may have told you. Else ask for a new card, then: restante add CARD",
  "purpose-not-granted": "You have not agreed to what this needs. Run: restante consent",
  "number-not-verified": "Verify your own number first: restante verify NUMBER",
  "proof-invalid": "Verify your number again: restante verify NUMBER",
};

/** The client's errors, by name: their classes would load the whole client before a typing error is told. */
const KNOWN: Record<string, readonly [code: string, advice: string]> = {
  NoConsentError: ["no-consent", "Run: restante consent"],
  RelayUnreachableError: ["relay-unreachable", "Check the network and try again."],
  RelayProtocolError: ["relay-protocol", "Check the relay's address."],
  NotOfferedError: [
    "not-offered",
    "restante consent --show lists what it does, and where. Another jurisdiction is another device: restante init with another --jurisdiction and --home.",
  ],
  VaultInUseError: ["vault-in-use", "End the other restante (a listen, perhaps) and try again."],
  VaultUnreadableError: ["vault-unreadable", "Check the passphrase and --home."],
  ContactCardError: ["contact-card", ""],
  LinkCodeError: ["link-code", ""],
  LinkingError: ["linking", ""],
  UnknownContactError: ["unknown-contact", "Run: restante add CARD"],
  TextTooLongError: ["text-too-long", "Send it in parts."],
  NumberPurposeError: ["purpose-not-granted", "Nothing was sent. Run: restante consent"],
  NumberFormatError: ["number-format", ""],
  NumberNotFoundError: ["number-not-found", "Send it by SMS if need be: --sms-after 15s"],
  NumberMovedError: [
    "number-moved",
    "Ask them, then: restante find NUMBER --accept ADDRESS, or send to the contact's name or address.",
  ],
  VerificationError: ["verification", ""],
  BlockedError: ["blocked", "Run: restante unblock CONTACT"],
};

function describeUsage(error: CommanderError): FailureReport | undefined {
  if (error.exitCode === 0) return undefined;
  const message =
    error.code === "commander.help"
      ? "Name a command."
      : error.message.replace(/^error: /, "").replace(/\.?$/, ".");
  return { code: "usage", message: oneLine(`${message} See: restante --help`), exitCode: USAGE };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
