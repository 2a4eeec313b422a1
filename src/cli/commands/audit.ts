import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import type { AuditOptions, AuditResult, Finding } from "../../protocol/ledger/audit.ts";
import type { LedgerHead } from "../../protocol/ledger/head.ts";
import { Failure } from "../failure.ts";
import { TOLD } from "../findings.ts";
import { invocationOf } from "../invocation.ts";
import { readJurisdiction } from "../jurisdiction.ts";
import { colors } from "../output.ts";

/** Findings that a person is shown: one fault seldom has more. */
const SHOWN = 20;

interface Options {
  part?: boolean;
  relay?: string;
  jurisdiction?: string;
  heads?: string;
  keys?: string;
}

export function defineAudit(program: Command): void {
  program
    .command("audit")
    .argument("[export]", "an export of a relay's consent ledger, JSON Lines; - for stdin", "-")
    .description("check a relay's consent ledger against its signed daily heads; needs no device")
    .option("--relay <url>", "fetch heads and keys there")
    .option("--jurisdiction <code>", "with --relay: the ledger of this one, such as eu", readJurisdiction)
    .option("--heads <file>", "heads that you kept: what GET /v1/ledger/heads answered, or one a line")
    .option("--keys <file>", "the relay's key set that you kept: what /.well-known/jwks.json answered")
    .option("--part", "it is what restante history --json wrote: single consents, which no head covers")
    .action(async (from: string, options: Options, command: Command) => {
      const { output } = invocationOf(command);
      const heads = await headsOf(options);
      const part = options.part === true;
      if (!part && heads.length === 0 && options.heads !== undefined)
        throw new Failure("usage", "The file has no head.");
      // Those that somebody kept are as old as they are.
      const all = !part && options.heads === undefined;
      const result = await audit(from, heads, { part, ...(all && { asOf: Date.now() }) });
      await output.result(
        { ...result, heads: heads.length, whole: result.findings.length === 0 },
        tell(result, heads, part),
      );
      if (result.findings.length > 0)
        throw new Failure("ledger-not-whole", "The ledger is not what was signed.", { told: true });
    });
}

async function audit(
  from: string,
  heads: readonly LedgerHead[],
  options: AuditOptions,
): Promise<AuditResult> {
  const [{ LedgerAudit }, { ExportLines }] = await Promise.all([
    import("../../protocol/ledger/audit.ts"),
    import("../../protocol/ledger/export-lines.ts"),
  ]);
  const walk = new LedgerAudit(heads, options);
  const lines = new ExportLines();
  const input: AsyncIterable<Buffer> = from === "-" ? process.stdin : createReadStream(from);
  for await (const octets of input) for (const line of lines.take(octets)) walk.take(line);
  for (const line of lines.finish()) walk.take(line);
  return walk.finish();
}

async function headsOf({ part, relay, jurisdiction, heads, keys }: Options): Promise<LedgerHead[]> {
  const against = relay ?? heads ?? keys;
  if (part && against !== undefined)
    throw new Failure("usage", "--part stands alone: heads cover the whole ledger.");
  if (part) return [];
  if (jurisdiction !== undefined && (relay === undefined || heads !== undefined))
    throw new Failure("usage", "--jurisdiction says which heads to fetch: it goes with --relay alone.");
  if (relay === undefined && (heads === undefined || keys === undefined))
    throw new Failure("usage", "Say against what: --relay URL, or --heads FILE and --keys FILE.");
  const [{ fetchHeads, verifyHeads }, { fetchKeySet }, { PLATFORM }] = await Promise.all([
    import("../../client/ledger-heads.ts"),
    import("../../client/signed-word.ts"),
    import("../../client/transport.ts"),
  ]);
  const origin = relay?.replace(/\/+$/, "") ?? "";
  const set =
    keys === undefined ? await fetchKeySet(PLATFORM, origin) : JSON.parse(await readFile(keys, "utf8"));
  if (heads === undefined) return fetchHeads(PLATFORM, origin, set, jurisdiction ?? "");
  return verifyHeads(readHeadsFile(await readFile(heads, "utf8")), set);
}

function readHeadsFile(text: string): string[] {
  if (!text.trimStart().startsWith("{")) return text.split(/\s+/).filter((line) => line !== "");
  const { heads } = JSON.parse(text);
  if (!Array.isArray(heads)) throw new Failure("usage", "The file of heads has another form.");
  return heads;
}

function tell(result: AuditResult, heads: readonly LedgerHead[], part: boolean): string {
  const { events, purged, consents, uncovered, findings } = result;
  const newest = heads.at(-1);
  return [
    `${events} events of ${consents} consents, and the hashes of ${purged} that were purged.`,
    newest === undefined
      ? "No head: nothing shows that the end, or a whole consent, was not left out."
      : `${heads.length} heads, the newest of ${newest.day}; ${uncovered} events came after it.`,
    ...findings.slice(0, SHOWN).map((finding) => `  ${colors.red(finding.at)}: ${describe(finding)}`),
    ...(findings.length > SHOWN ? [`  … and ${findings.length - SHOWN} more`] : []),
    findings.length > 0
      ? colors.red("Not whole.")
      : colors.green(part ? "Whole, as far as it goes." : "Whole."),
  ].join("\n");
}

function describe({ kind }: Finding): string {
  return TOLD[kind];
}
