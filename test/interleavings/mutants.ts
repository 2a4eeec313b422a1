/** Promises of the client, each broken on purpose in a copy of it, and a schedule that shows it. */
import type { Edit } from "../faults/mutate.ts";
import type { Step } from "./schedule.ts";
import { COUPLE_AND_ONE, exchanging, linked, reading, writing } from "./steps.ts";

interface Mutant {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly steps: readonly Step[];
  /** What is said of it. */
  readonly found: RegExp;
}

/** What {@link Mutant.steps} are played in. */
export const LAYOUT = COUPLE_AND_ONE;

/** Longer than a claim of the vault counts: the next text claims it again, and shows older copies up. */
const waiting: Step = { does: "wait", milliseconds: 120_000 };

export const MUTANTS: readonly Mutant[] = [
  {
    name: "journals an envelope and does not move its channel on",
    edits: [
      {
        file: "client/channel/sealing.ts",
        find: "chainKey: keys.nextChainKey, next: position + 1",
        replace: "chainKey: outgoing.chainKey, next: position",
      },
    ],
    steps: [writing(0), writing(0), writing(0)],
    found: /^used twice: envelope/,
  },
  {
    name: "moves a channel on and does not journal the envelope",
    edits: [
      {
        file: "client/queue.ts",
        find: "  putJson(draft, name, queued);\n  return name;",
        replace: "  return name;",
      },
    ],
    steps: [writing(0)],
    found: /still queued$/,
  },
  {
    name: "goes on sealing when it was put back to an old copy",
    edits: [
      {
        file: "client/restored.ts",
        find: "    forgetChannels(draft);\n",
        replace: "",
      },
    ],
    steps: [
      writing(0),
      exchanging,
      exchanging,
      exchanging,
      exchanging,
      waiting,
      writing(0),
      puttingBack(0),
      writing(0),
    ],
    found: /^(used twice|a chain went back)/,
  },
  {
    name: "keeps the key of a founding that it opened, and knows no double",
    edits: [
      { file: "client/channel/opening.ts", find: "  else dropKeys(draft, [id]);\n", replace: "" },
      {
        file: "client/channel/opening.ts",
        find: "wasOpened(draft, parts.tag) || wasOpened(draft, mark)",
        replace: "wasOpened(draft, parts.tag)",
      },
      { file: "client/taking.ts", find: "if (wasTextTaken(draft, author, id)) return {};", replace: "" },
    ],
    steps: [writing(1), { does: "repeat", at: 0, nth: 0 }, reading(0)],
    found: /handed twice in a row|handed again/,
  },
  {
    name: "acknowledges what it did not journal",
    edits: [
      {
        file: "client/journal.ts",
        find: "  putJson(draft, name, entry);\n  return name;",
        replace: "  return name;",
      },
    ],
    steps: [writing(1), reading(0)],
    found: /never handed, though told held$/,
  },
  {
    name: "forgets what it owes other devices",
    edits: [
      {
        file: "client/errands.ts",
        find: "  putJson(draft, PREFIX + String(count)",
        replace: '  if (content.kind !== "text") putJson(draft, PREFIX + String(count)',
      },
    ],
    steps: [writing(0), ...linked, writing(0)],
    found: /no copy was handed$/,
  },
  {
    name: "shows a text that may have been taken back",
    edits: [{ file: "client/taking.ts", find: "confirmed: !held.revocable", replace: "confirmed: true" }],
    steps: [
      writing(1, { revocable: true }),
      { does: "read", by: 0, finishes: 0, trouble: { cut: { at: 4, after: false } } },
      { does: "revoke", text: 0, trouble: {} },
    ],
    found: /handed, though told revoked/,
  },
  {
    name: "does not hear that its peer lost its state",
    edits: [
      {
        file: "client/channel/opening.ts",
        find: "hadChannelBefore(draft, from.text, founding.created, now)",
        replace: "false",
      },
    ],
    steps: [
      ...[writing(1), exchanging, writing(0), exchanging, exchanging],
      ...[waiting, exchanging, puttingBack(2), exchanging, exchanging, writing(0)],
    ],
    found: /never handed, though told/,
  },
];

/** To how it was after five steps. */
function puttingBack(by: number): Step {
  return { does: "restore a copy", by, nth: 0 };
}
