/**
 * Rules of docs/channels.md, each broken on purpose in a copy of the SDK. What is to be found stands once in its
 * file: who changes that line changes the mutant with it, and sees that the thief still profits.
 */
export interface Mutant {
  readonly name: string;
  readonly edits: readonly {
    /** Under src. */
    readonly file: string;
    readonly find: string;
    readonly replace: string;
  }[];
}

const INCOMING = "client/channel/incoming.ts";
const OPENING = "client/channel/opening.ts";
const INBOX = "client/inbox.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "keeps the chain key before a gap",
    edits: [
      {
        file: INCOMING,
        find: "deleteExpected(draft, opened.tag);",
        replace: 'draft.delete("gap/" + encodeBase64url(opened.tag)); deleteExpected(draft, opened.tag);',
      },
      {
        file: INCOMING,
        find: "putExpected(draft, {",
        replace: 'draft.put("gap/" + encodeBase64url(tag), frontierKey); putExpected(draft, {',
      },
    ],
  },
  {
    name: "keeps the chain key of a channel's beginning",
    edits: [
      {
        file: INCOMING,
        find: "return lookAhead(draft, channelId, {\n    founder:",
        replace:
          'draft.put("first/" + encodeBase64url(channelId), founded.nextChainKey);\n  return lookAhead(draft, channelId, {\n    founder:',
      },
    ],
  },
  {
    name: "keeps the key of a message that was opened",
    edits: [{ file: INCOMING, find: "deleteExpected(draft, opened.tag);", replace: "" }],
  },
  {
    name: "keeps a one-time key that was founded on",
    edits: [{ file: OPENING, find: "else dropKeys(draft, [id]);", replace: "" }],
  },
  {
    name: "keeps a founding's secret",
    edits: [
      {
        file: OPENING,
        find: "noteOpened(draft, mark, now);",
        replace: 'noteOpened(draft, mark, now); draft.put("device/secret", founding.secret);',
      },
    ],
  },
  {
    name: "acknowledges before the checkpoint",
    edits: [
      { file: INBOX, find: "await this.#settle();\n    const results =", replace: "const results =" },
      {
        file: INBOX,
        find: "for (const name of journaled) this.#unacknowledged.delete(name);",
        replace: "await this.#settle(); for (const name of journaled) this.#unacknowledged.delete(name);",
      },
    ],
  },
  {
    name: "makes no checkpoint that an earlier run owes",
    edits: [{ file: INBOX, find: "#moved = 1;", replace: "#moved = 0;" }],
  },
  {
    name: "leaves the file before a checkpoint where it is",
    edits: [
      {
        file: "client/vault/file-medium.ts",
        find: "await before.handle.close();\n    await destroy(old, this.#path, HEADER_SIZE);",
        replace: "await before.handle.close();",
      },
    ],
  },
  {
    name: "uses one data key for all checkpoints",
    edits: [
      {
        file: "client/vault/sealed-format.ts",
        find: "const dataKey = randomBytes(KEY_SIZE);",
        replace: "const dataKey = new Uint8Array(KEY_SIZE).fill(7);",
      },
    ],
  },
];
