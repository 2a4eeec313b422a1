/**
 * Rules of docs/channels.md, each broken on purpose in a copy of the SDK. What is to be found stands once in its
 * file: who changes that line changes the mutant with it, and sees that the thief still profits.
 */
import type { Edit } from "./mutate.ts";
import type { Way } from "./thief.ts";

export interface Mutant {
  readonly name: string;
  /** In which the thief profits: of acknowledged texts, or of a copied vault. */
  readonly story: "acknowledged" | "copied";
  /** With which key it reads then. */
  readonly way: Way;
  readonly edits: readonly Edit[];
}

const INCOMING = "client/channel/incoming.ts";
const OPENING = "client/channel/opening.ts";
const SWEEPING = "client/channel/sweeping.ts";
const INBOX = "client/inbox.ts";

export const MUTANTS: readonly Mutant[] = [
  {
    name: "keeps the chain key before a gap",
    story: "acknowledged",
    way: "chain key",
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
    story: "acknowledged",
    way: "chain key",
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
    story: "acknowledged",
    way: "message key",
    edits: [{ file: INCOMING, find: "deleteExpected(draft, opened.tag);", replace: "" }],
  },
  {
    name: "keeps a one-time key that was founded on",
    story: "acknowledged",
    way: "private key",
    edits: [{ file: OPENING, find: "else dropKeys(draft, [id]);", replace: "" }],
  },
  {
    name: "keeps a founding's secret",
    story: "acknowledged",
    way: "founding's secret",
    edits: [
      {
        file: OPENING,
        find: "noteOpened(draft, mark, now);",
        replace: 'noteOpened(draft, mark, now); draft.put("device/secret", founding.secret);',
      },
    ],
  },
  {
    name: "keeps its last-resort key beyond its end",
    story: "acknowledged",
    way: "private key",
    edits: [{ file: SWEEPING, find: "sweepKeys(draft, life);", replace: "" }],
  },
  {
    name: "keeps channels beyond their end",
    story: "acknowledged",
    way: "message key",
    edits: [{ file: SWEEPING, find: "sweepIncoming(draft, life);", replace: "" }],
  },
  {
    name: "acknowledges before the checkpoint",
    story: "acknowledged",
    way: "private key",
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
    story: "acknowledged",
    way: "message key",
    edits: [{ file: INBOX, find: "#owed = 1;", replace: "#owed = 0;" }],
  },
  {
    name: "leaves the file before a checkpoint where it is",
    story: "acknowledged",
    way: "private key",
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
    story: "acknowledged",
    way: "private key",
    edits: [
      {
        file: "client/vault/sealed-format.ts",
        find: "const dataKey = randomBytes(KEY_SIZE);",
        replace: "const dataKey = new Uint8Array(KEY_SIZE).fill(7);",
      },
    ],
  },
  {
    name: "keeps its channels when its vault turns out to be an old copy",
    story: "acknowledged",
    way: "private key",
    edits: [{ file: "client/restored.ts", find: "forgetChannels(draft);", replace: "" }],
  },
  {
    name: "replaces its pool only when it runs low",
    story: "copied",
    way: "private key",
    edits: [
      {
        file: "client/key-pool.ts",
        find: "const due = low || made + DAY <=",
        replace: "const due = low || made + 100 * DAY <=",
      },
    ],
  },
  {
    name: "carries no new key as long as the peer has one",
    story: "copied",
    way: "private key",
    edits: [
      {
        file: "client/channel/carried.ts",
        find: "return cursor.integer() + DAY <= now;",
        replace: "return false;",
      },
    ],
  },
  {
    name: "seals on a channel for longer than a day",
    story: "copied",
    way: "message key",
    edits: [
      { file: "client/channel/outgoing.ts", find: "age >= CHANNEL_USE", replace: "age >= 7 * CHANNEL_USE" },
    ],
  },
];
