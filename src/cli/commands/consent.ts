import type { Command } from "commander";
import type { Device } from "../../client/device.ts";
import type { NoticeAnswer } from "../../protocol/answers.ts";
import type { Purpose } from "../../protocol/consent-statement.ts";
import { Failure } from "../failure.ts";
import { onDevice } from "../invocation.ts";
import { colors, moment, type Output } from "../output.ts";
import { printable, quoted } from "../printable.ts";
import { askYesNo, canAsk } from "../prompt.ts";

interface Options {
  show?: boolean;
  purposes?: string[];
  noticeHash?: string;
  language?: string;
}

export function defineConsent(program: Command): void {
  program
    .command("consent")
    .description("read the relay's notice and agree, to each purpose by itself")
    .option("--show", "only show the notice; agree to nothing")
    .option("--purposes <purpose...>", "for scripts: agree to these, together with --notice-hash")
    .option("--notice-hash <hash>", "the hash of the notice that was read, from consent --show")
    .option("--language <tag>", "the notice's text in this language, if it is there: de, en")
    .action((options: Options, command: Command) => {
      checkOptions(options, command.optsWithGlobals<{ json?: boolean }>().json === true);
      return onDevice(command, (device, output) => consent(device, output, options));
    });
}

/** Found before anything is opened or sent: who can't be asked must have read, and must say what. */
function checkOptions({ show, purposes, noticeHash }: Options, json: boolean): void {
  if (show) {
    if (purposes || noticeHash)
      throw new Failure("usage", "--show agrees to nothing: leave out the other flags.");
    return;
  }
  if ((purposes === undefined) !== (noticeHash === undefined))
    throw new Failure("usage", "--purposes and --notice-hash go together: nobody agrees unread.");
  if (purposes === undefined && (json || !canAsk()))
    throw new Failure(
      "usage",
      "Nobody can be asked here. Read the notice with: restante consent --show; then give --purposes and --notice-hash.",
    );
}

async function consent(device: Device, output: Output, options: Options): Promise<void> {
  const notice = await device.notice(options.language);
  if (options.show) return output.result(notice, describeNotice(notice));
  // Nobody is asked what this relay could not take.
  if (notice.purposes.length === 0)
    throw new Failure(
      "jurisdiction-unavailable",
      `This relay holds no mailbox in ${device.address.split(".")[1]}; restante consent --show lists where it does. Run restante init with another --jurisdiction and --home.`,
    );
  const purposes = options.purposes
    ? readPurposes(notice, options.purposes, options.noticeHash)
    : await askPurposes(device, notice);
  if (purposes.length === 0)
    return output.result({ consented: false }, "You agreed to nothing. Nothing was sent about you.");
  const { consentId, receipt, proven } = await device.consent({ notice, purposes, method: "cli" });
  const { version: noticeVersion, hash: noticeHash } = notice;
  await output.result(
    { consented: true, consentId, purposes, noticeVersion, noticeHash, receipt, proven },
    [
      `${colors.green("You agreed to:")} ${purposes.join(", ")}`,
      `  consent id  ${consentId}`,
      `  notice      version ${notice.version}, ${notice.hash}`,
      ...(proven ? [] : [colors.red(UNPROVEN)]),
      "The mailbox is open. Next: restante card",
      "To see what is held: restante held. To leave: restante withdraw",
    ].join("\n"),
  );
}

/** The relay says that the consent is in force, and that may be so. */
const UNPROVEN =
  "The relay's receipt is no proof of it: its signature can't be checked now, or is not over what you agreed to. Look again: restante history";

function readPurposes(notice: NoticeAnswer, given: string[], hash: string | undefined): Purpose[] {
  if (hash !== notice.hash)
    throw new Failure(
      "notice-superseded",
      `The notice in force is ${notice.hash}. Read it: restante consent --show`,
    );
  return given
    .flatMap((list) => list.split(","))
    .map((name) => {
      const known = notice.purposes.find(({ purpose }) => purpose === name);
      const names = notice.purposes.map(({ purpose }) => purpose).join(", ");
      if (known === undefined)
        throw new Failure("usage", `${name} is no purpose of this relay's: it has ${names}.`);
      return known.purpose;
    });
}

async function askPurposes(device: Device, notice: NoticeAnswer): Promise<Purpose[]> {
  process.stderr.write(`${describeNotice(notice)}\n\n`);
  const before = device.consented();
  if (before !== undefined)
    process.stderr.write(`You agreed to ${before.purposes.join(", ")} on ${moment(before.grantedAt)}.\n`);
  const purposes: Purpose[] = [];
  for (const { purpose, description } of notice.purposes) {
    const about = `${colors.bold(purpose)}: ${printable(description)}`;
    if (await askYesNo(`${about}\nDo you agree to ${purpose}?`)) purposes.push(purpose);
    // The others need it: nobody is asked for what comes to nothing.
    else if (purpose === "messaging") return [];
  }
  return purposes;
}

function describeNotice(notice: NoticeAnswer): string {
  const { retention, jurisdictions, numberVendors } = notice;
  const vendors = numberVendors.map(({ name, country }) => printable(`${name} (${country})`));
  return [
    quoted(notice.text.trimEnd()),
    "",
    `Controller     ${printable(notice.controller)}`,
    `Version        ${notice.version}`,
    `Hash           ${notice.hash}`,
    `Languages      ${notice.languages.map(({ language }) => printable(language)).join(", ")}`,
    `Held at most   ${Math.round(retention.maxTtlSeconds / 3600)} hours; marks ${Math.round(retention.markGraceSeconds / 3600)} hours longer`,
    `Jurisdictions  ${printable(jurisdictions.join(", ")) || "none in particular"}`,
    `See a number   ${vendors.join(", ") || "nobody"}`,
    "Purposes, each by itself",
    ...notice.purposes.map(({ purpose, description }) => `  ${purpose}: ${printable(description)}`),
  ].join("\n");
}
