/** docs/what-leaves.md, out of a recording. */
import { CALLS, NEVER_MADE } from "./calls.ts";
import type { Field } from "./field.ts";
import { FIELDS } from "./fields.ts";
import type { Leaving } from "./leaving.ts";

const INTRODUCTION = `# What leaves your device

This page is made by a test. \`test/scenario/fresh-phone.test.ts\` puts a recorder between a fresh client and a relay, as
the lab did that found the service Restante comes from, and writes down every octet that the client sends: from
installing it, through a contact that is added and a text that is typed, to a yes, to texts, to a verified number, to a
device that is linked and lost, and to leaving. It also listens, inside the client's process, for connections that go
past the recorder, and for names that are looked up: there are none.

The test fails when anything is sent that is not in here, when a value has another form than is said here, when the
relay takes a call that is not in here, when what is said to be kept is not in the very column that is named or is in
another one too, when what is said not to be kept is in any file of the relay, and when this page is not what the
recording says. (\`npm run what-leaves\` makes it anew.)

Recorded with the SDK and the command line, on Node. A browser adds headers of its own, above all its name, and the
languages that it is set to.
`;

const BEFORE = `## Before a yes

Nothing. Setting up, adding a contact and typing a text open no connection. When you open the notice, one request is
made, \`GET /v1/notice\`, without a name, a signature, a token or a cookie, and the same for everybody, octet for octet,
but for the language if you asked for one:
`;

const KEPT = `*Kept in* names columns of the relay's own data map, \`place.table.column\`, which says for
how long: at \`/v1/data-map\`, or with \`restante held\`. What the relay notes by itself, when and how often, is there too.
*Your choice*: it is what you chose, or the app for you, and nothing of the phone's.
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
    "A `delivery token` or an `introduction`, never both.\n",
    "No device of ours makes these, which the relay takes as well:\n",
    table(
      ["call", "what it is for"],
      Object.entries(NEVER_MADE).map(([call, what]) => `| \`${call}\` | ${what} |`),
    ),
    "## The fields\n",
    KEPT,
    fieldTable([...before, ...after]),
    NEVER,
  ].join("\n");
}

function callTable(leaving: readonly Leaving[]): string {
  const calls = Object.keys(CALLS).filter((call) => leaving.some((one) => one.call === call));
  const rows = calls.map((call) => {
    const fields = leaving
      .filter((one) => one.call === call)
      .flatMap((one) => one.fields.map(([name]) => name));
    const told = inOrder(new Set(fields.flatMap(orInstead))).filter((name) => !isOfTheClient(name));
    return `| \`${call}\` | ${CALLS[call]} | ${told.map((name) => `\`${name}\``).join(", ") || "none"} |`;
  });
  return table(["call", "when", "fields, besides those of the HTTP client"], rows);
}

function fieldTable(leaving: readonly Leaving[]): string {
  const seen = new Set(leaving.flatMap(({ fields }) => fields.map(([name]) => name)));
  const rows = inOrder(seen).map((name) => {
    const field = FIELDS[name];
    if (field === undefined) throw new Error(name);
    return `| \`${name}\` | ${field.what} | ${SAME[field.same ?? "none"]} | ${keptIn(field)} |`;
  });
  return table(["field", "what it says", "the same for all", "kept in"], rows);
}

const SAME = { all: "yes", chosen: "your choice", none: "no" } as const;

function keptIn({ kept, made = {} }: Field): string {
  const columns = [
    ...kept.map((column) => `\`${column}\``),
    ...Object.entries(made).map(([column, what]) => `\`${column}\` (${what})`),
  ];
  return columns.join(", ") || "not kept";
}

/** A token or an introduction: which one it was does not hang on the call, but on who was written to. */
function orInstead(name: string): string[] {
  return BEARER.test(name) ? Object.keys(FIELDS).filter((other) => BEARER.test(other)) : [name];
}

const BEARER = /^(delivery token|introduction):/;

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
