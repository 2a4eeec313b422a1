/**
 * `npm run export-ledger`: the whole consent ledger as JSON Lines on stdout, for `restante audit`. Reads the database
 * with wrangler, page by page; what is after `--` on the command line goes to it: `--remote`, or `--local` and
 * `--persist-to` a folder; but for `--jurisdiction`, whose ledger it shall be. An export names nobody, but its consent ids open receipts, which do: keep it as you keep
 * the database.
 */
import { LEDGER_EXPORT } from "../protocol/ledger/export.ts";
import { recordsBinding } from "./records-databases.ts";
import { wranglerOutput } from "./wrangler.ts";

/** Lines that wrangler is asked for at once: about 1.5 MB. */
const PAGE = 5000;

// The rows are what wrangler logs: quieter, it would not show them.
process.env.WRANGLER_LOG = "log";

const words = process.argv.slice(2);
const named = words.indexOf("--jurisdiction");
const [, jurisdiction = ""] = named < 0 ? [] : words.splice(named, 2);
const where = words.length > 0 ? words : ["--local"];

for (let after = 0; ; ) {
  const sql = LEDGER_EXPORT.replaceAll("?1", String(after))
    .replaceAll("?2", String(PAGE))
    .replace(/\s+/g, " ");
  const answer = await wranglerOutput(
    "d1",
    "execute",
    recordsBinding(jurisdiction),
    ...where,
    "--json",
    "--command",
    sql.trim(),
  );
  const [{ results }] = JSON.parse(answer) as [{ results: { place: number; line: string }[] }];
  if (results.length > 0) process.stdout.write(`${results.map(({ line }) => line).join("\n")}\n`);
  if (results.length < PAGE) break;
  after = results.at(-1)?.place ?? after;
}
