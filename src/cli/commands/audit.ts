import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import type { AuditResult, Finding } from "../../protocol/ledger/audit.ts";
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
      const result = await audit(from, heads, options.part === true);
      await output.result(
        { ...result, heads: heads.length, whole: result.findings.length === 0 },
        tell(result, heads),
      );
      if (result.findings.length > 0)
        throw new Failure("ledger-not-whole", "The ledger is not what was signed.", { told: true });
    });
}

async function audit(from: string, heads: readonly LedgerHead[], part: boolean): Promise<AuditResult> {
  const { LedgerAudit } = await import("../../protocol/ledger/audit.ts");
  const walk = new LedgerAudit(heads, { part });
  const input = from === "-" ? process.stdin : createReadStream(from);
  // A file that is not there is told as an error of the stream, which readline alone would wait for without end.
  const failed = new Promise<never>((_, reject) => input.once("error", reject));
  const lines = createInterface({ input, crlfDelay: 0 });
  const walked = (async () => {
    for await (const line of lines) walk.take(line);
  })();
  await Promise.race([walked, failed]);
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
  const [{ fetchHeads, fetchKeySet, verifyHeads }, { PLATFORM }] = await Promise.all([
    import("../../client/ledger-heads.ts"),
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
  return JSON.parse(text).heads;
}

function tell(result: AuditResult, heads: readonly LedgerHead[]): string {
  const { events, purged, consents, uncovered, findings } = result;
  const newest = heads.at(-1);
  return [
    `${events} events of ${consents} consents, and the hashes of ${purged} that were purged.`,
    newest === undefined
      ? "No head: nothing shows that the end, or a whole consent, was not left out."
      : `${heads.length} heads, the newest of ${newest.day}; ${uncovered} events came after it.`,
    ...findings.slice(0, SHOWN).map((finding) => `  ${colors.red(finding.at)}: ${describe(finding)}`),
    ...(findings.length > SHOWN ? [`  … and ${findings.length - SHOWN} more`] : []),
    findings.length === 0 ? colors.green("Whole.") : colors.red("Not whole."),
  ].join("\n");
}

function describe({ kind }: Finding): string {
  return TOLD[kind];
}
