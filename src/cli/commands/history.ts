import type { Command } from "commander";
import type { ConsentHistory } from "../../client/history.ts";
import type { HistoryFinding, HistoryFindingKind } from "../../client/history-check.ts";
import { endsConsent } from "../../protocol/ledger/event.ts";
import { formatLedgerLine, type LedgerEvent } from "../../protocol/ledger/line.ts";
import { Failure } from "../failure.ts";
import { TOLD } from "../findings.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";

export function defineHistory(program: Command): void {
  program
    .command("history")
    .description(
      "show and check what the relay's ledger says of your consents, ended ones too; with --json for restante audit --part",
    )
    .action((_options: object, command: Command) =>
      onDevice(command, async (device, output) => show(await device.history(), output)),
    );
}

async function show(histories: readonly ConsentHistory[], output: Output): Promise<void> {
  if (output.json)
    // In the exact form of an export's line, which JSON.stringify gives back.
    for (const { events } of histories)
      for (const event of events) await output.result(JSON.parse(formatLedgerLine(event)), "");
  else await output.result({}, describeAll(histories));
  const findings = histories.flatMap(({ consentId, findings }) =>
    findings.map((finding) => `${consentId}, ${describeFinding(finding)}`),
  );
  if (findings.length > 0)
    throw new Failure(
      "history-not-whole",
      `The relay's history is not what this device agreed to: ${findings.join("; ")}`,
      { told: true },
    );
}

function describeAll(histories: readonly ConsentHistory[]): string {
  if (histories.length === 0) return "This device has never agreed to anything.";
  return histories.map(describeHistory).join("\n\n");
}

function describeHistory({ consentId, events, findings }: ConsentHistory): string {
  const last = events.at(-1);
  const state = last === undefined || endsConsent(last.kind) ? "over" : "in force";
  return [
    `${colors.bold(`Consent ${consentId}`)}, ${state}`,
    ...events.map(describeEvent),
    ...(events.length === 0 && findings.length === 0
      ? ["  The relay keeps nothing of it any more: three years are over."]
      : []),
    ...findings.map((finding) => `  ${colors.red(describeFinding(finding))}`),
    findings.length === 0
      ? colors.green("  Whole: what this device signed and has receipts for is there, and nothing else.")
      : colors.red("  Not whole. Keep this device's receipts, and ask whoever runs the relay."),
  ].join("\n");
}

function describeEvent({ kind, occurredAt, noticeHash }: LedgerEvent): string {
  const notice = noticeHash === null ? "" : `, to the notice ${noticeHash}`;
  return `  ${moment(occurredAt)}  ${HAPPENED[kind]}${notice}`;
}

function describeFinding({ kind, at }: HistoryFinding): string {
  return `${at}: ${FOUND[kind]}`;
}

const HAPPENED: Readonly<Record<LedgerEvent["kind"], string>> = {
  granted: "you agreed",
  renewed: "you agreed anew",
  narrowed: "you agreed anew, and took something back",
  superseded: "another device showed the number to be its own: you are no longer found by it",
  lapsed: "it ended: the device was away too long",
  withdrawn: "it ended, as you asked",
};

const FOUND: Readonly<Record<HistoryFindingKind, string>> = {
  ...TOLD,
  "not-agreed": "names a yes that this device, as far as it knows, did not give",
  "not-named": "names an event that is not there",
  "not-ended": "is not there, though this device knows of it",
  "not-proven": "does not hold: no key that the relay publishes has signed it for what this device agreed to",
};
