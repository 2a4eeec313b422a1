/** docs/what-leaves.md, out of a recording. */
import { CALLS, FIELDS } from "./fields.ts";
import type { Leaving } from "./leaving.ts";

const INTRODUCTION = `# What leaves your device

This page is made by a test. \`test/scenario/fresh-phone.test.ts\` puts a recorder between a fresh client and a relay, as
the lab did that found the service Restante comes from, and writes down every octet that the client sends: from
installing it, through a contact that is added and a text that is typed, to a yes, to texts, to a verified number, and to
leaving. It fails when anything is sent that is not in here, when a value has another form than is said here, when what
is said to be kept is not in the relay's own data map, and when this page is not what the recording says.
(\`npm run what-leaves\` makes it anew.)

Recorded with the SDK and the command line, on Node. A browser adds headers of its own, above all its name.
`;

const BEFORE = `## Before a yes

Nothing. Setting up, adding a contact and typing a text open no connection. When you open the notice, one request is
made, \`GET /v1/notice\`, without a name, a signature, a token or a cookie:
`;

const NEVER = `## What never leaves

- a name, yours or anybody's, and the address book: names stay in the vault
- the text of a message, and who sent it: they are inside the envelope
- the number of anybody whom you look up, in any form that could be compared with another look-up
- an identifier of the phone, its SIM, its system or its person. Two fresh installations on one machine send nothing in
  common that everybody else does not send as well

Your **internet address** is in every packet, not in a field. The relay counts calls by a keyed hash of it for a minute,
and verification codes for some days (\`budget\` in the data map), and keeps it nowhere else.
`;

export function whatLeavesPage(before: readonly Leaving[], after: readonly Leaving[]): string {
  return [
    INTRODUCTION,
    BEFORE,
    callTable(before),
    "## After it\n",
    "Each call is made only for what you agreed to.\n",
    callTable(after),
    "## The fields\n",
    fieldTable([...before, ...after]),
    NEVER,
  ].join("\n");
}

function callTable(leaving: readonly Leaving[]): string {
  const calls = Object.keys(CALLS).filter((call) => leaving.some((one) => one.call === call));
  const rows = calls.map((call) => {
    const fields = new Set(
      leaving.filter((one) => one.call === call).flatMap((one) => one.fields.map(([name]) => name)),
    );
    const told = inOrder(fields).filter((name) => !isOfTheClient(name));
    return `| \`${call}\` | ${CALLS[call]} | ${told.map((name) => `\`${name}\``).join(", ") || "none"} |`;
  });
  return table(["call", "when", "fields, besides those of the HTTP client"], rows);
}

function fieldTable(leaving: readonly Leaving[]): string {
  const seen = new Set(leaving.flatMap(({ fields }) => fields.map(([name]) => name)));
  const rows = inOrder(seen).map((name) => {
    const { what, kept, common } = FIELDS[name] ?? { what: "", kept: [] };
    const columns = kept.map((column) => `\`${column}\``).join(", ") || "not kept";
    return `| \`${name}\` | ${what} | ${common ? "yes" : "no"} | ${columns} |`;
  });
  return table(["field", "what it says", "the same for all", "kept in"], rows);
}

function isOfTheClient(name: string): boolean {
  const names = Object.keys(FIELDS);
  return names.indexOf(name) < names.indexOf("signature");
}

function inOrder(names: ReadonlySet<string>): string[] {
  return Object.keys(FIELDS).filter((name) => names.has(name));
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return [`| ${heads.join(" | ")} |`, `| ${heads.map(() => "---").join(" | ")} |`, ...rows, ""].join("\n");
}
