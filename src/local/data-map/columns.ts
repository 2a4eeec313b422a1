/** The columns of D1 and of a mailbox with what their schemas say of each, as the relay's data map takes them in. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT } from "../wrangler.ts";
import { type Comments, readComments } from "./schema-comments.ts";

/** Where {@link columnsModule} is kept. */
export const COLUMNS_FILE = join(PROJECT, "src/relay/data-map/columns.ts");

/** The text of that file, made anew from the migrations and from the mailbox's steps. */
export async function columnsModule(): Promise<string> {
  const records = readComments(await migrations());
  const mailbox = readComments(await mailboxSteps());
  return `// Generated from migrations/ and src/relay/mailbox/schema.ts by \`npm run data-map\`: change the comments there.

/** Place → table → column → why it is there, in the words of the schema. */
export const COLUMNS: Record<"records" | "mailbox", Record<string, Record<string, string>>> = {
  records: ${literal(records)},
  mailbox: ${literal(mailbox)},
};
`;
}

async function migrations(): Promise<string[]> {
  const folder = join(PROJECT, "migrations");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
}

/** By a name that the compiler does not follow: the relay's types are workerd's, not Node's. */
async function mailboxSteps(): Promise<readonly string[]> {
  const schema: string = "../../relay/mailbox/schema.ts";
  return ((await import(schema)) as { STEPS: readonly string[] }).STEPS;
}

function literal(tables: Comments): string {
  const entries = (lines: Record<string, string>, margin: string) =>
    Object.entries(lines)
      .map(([name, text]) => `${margin}${name}: ${text},\n`)
      .join("");
  const columns = (table: Record<string, string>) =>
    entries(
      Object.fromEntries(Object.entries(table).map(([name, text]) => [name, JSON.stringify(text)])),
      "      ",
    );
  const each = Object.entries(tables)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, table]) => [name, `{\n${columns(table)}    }`]);
  return `{\n${entries(Object.fromEntries(each), "    ")}  }`;
}
