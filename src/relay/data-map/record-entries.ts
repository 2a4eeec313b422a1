/** D1, table by table. */
import { DAY } from "../../protocol/limits.ts";
import { BUDGETS_KEPT, EVENT_KEPT, RECEIPT_KEPT } from "../consent/retention.ts";
import { BY_CONSENT, BY_ID, OWNER, type TableEntry } from "./entry.ts";

const days = (time: number) => `${time / DAY} days`;

const LISTED = {
  held: BY_CONSENT,
  readers: OWNER,
  goes: "with the purpose `discovery`, when you take yourself off the list, or when the directory's key is retired",
} as const;

/** Its rows are published; only the number's tag tells one from another, and from what fills a bucket up. */
const IN_BUCKET = "anyone: it is in a bucket, among rows that stand for nobody";
const KEY_VERSION = { readers: "anyone: it is in a bucket's address" } as const;
const TO_THE_DAY = "whoever looks the number up can read the day in the entry";

export const RECORD_ENTRIES: Readonly<Record<string, TableEntry>> = {
  consent: {
    about: "The consents in force: one row a device.",
    held: BY_CONSENT,
    readers: `${BY_ID}: it opens the receipt and the events, which say it`,
    goes: "when the consent ends",
    columns: {
      ask_mailbox_after: {
        readers: OWNER,
        goes: "when the mailbox opens, moments after the grant, or the consent ends",
      },
    },
  },
  consent_purpose: {
    about: "What each consent covers: one row a purpose.",
    held: BY_CONSENT,
    readers: `${BY_ID}: it opens the receipt and the events, which say it`,
    goes: "when the purpose or the consent ends",
  },
  consent_event: {
    about: "The ledger: that a consent began, changed and ended. No row names a device.",
    held: "every row of the consent in force; after its end nothing ties a row to you but the id in your receipt",
    readers: `${BY_ID}; whoever is given an export of the ledger to check`,
    goes: `${EVENT_KEPT / (365 * DAY)} years after the consent's end, all its events together, with the daily run`,
    columns: { purge_after: { readers: OWNER } },
  },
  consent_receipt: {
    about: "Erasure receipts, so that a lost answer can be asked for again.",
    held: "no: it is made when the consent ends, and names nobody",
    readers: "whoever knows the consent's id, which is random",
    goes: `${days(RECEIPT_KEPT)} after the end: not shown from then on, and deleted by the daily run`,
  },
  verified_number: {
    about: "That a consent has shown a number to be its own. The number is not in it.",
    held: BY_CONSENT,
    readers: OWNER,
    goes: "with the purpose `number`; when another number takes its place; or when another device that verified this one later takes yours in the directory",
  },
  budget: {
    about: "How much of something may still be done: look-ups, introductions, codes.",
    held: "those of your verified number, as it is hashed in `verified_number`; those of another number, of a network address or of everybody are no one device's",
    readers:
      "you, with `held`; whoever is refused is told, rounded up to a minute, when one more fits; not which budget it was",
    goes: `when the budget is full again, and the daily run comes by: ${days(BUDGETS_KEPT)} at most`,
  },
  route: {
    about: "The number directory: which device is found by which number, without any number.",
    ...LISTED,
    columns: {
      key_version: KEY_VERSION,
      route_id: { readers: `${IN_BUCKET}; only whoever looks your number up can tell that it is yours` },
      entry: { readers: `${IN_BUCKET}; only whoever looks your number up can open it` },
      verified_at: { readers: `you, with \`held\`; ${TO_THE_DAY}` },
    },
  },
  route_claim: {
    about:
      "A device that has verified a number under which another one is listed, and waits to take its place.",
    ...LISTED,
    goes: `${LISTED.goes}; else when it takes effect, or the other device verifies anew`,
    columns: {
      key_version: { ...KEY_VERSION, why: "The key of the directory under which the number's tag was made." },
      route_id: {
        readers: `${IN_BUCKET}; only whoever looks the number up can tell that it is that number's`,
      },
      purpose: { why: "Always `discovery`: the grant that the row stands on, and goes with." },
      entry: {
        readers: `you, with \`held\`; once it is in effect, ${IN_BUCKET}; only whoever looks the number up can open it`,
      },
      verified_at: {
        why: "When the claiming device answered the code, ms since 1970.",
        readers: `you, with \`held\`; once it is in effect, ${TO_THE_DAY}`,
      },
      effective_at: { readers: "you, and the device that is listed until then, which is told" },
    },
  },
  directory_size: {
    about: "How many routes there are, for the width of buckets.",
    held: "no: it is about nobody",
    readers: "anyone, roughly: the width of buckets follows it",
    goes: "never: one row a key of the directory",
    columns: { key_version: { why: "The key of the directory whose routes are counted." } },
  },
  ledger_purged: {
    about: "What is left of events that were deleted, so that the rest of the ledger can still be checked.",
    held: "no: it is about nobody",
    readers: "the operator, and whoever is given an export of the ledger to check",
    goes: "when all events between two signed heads have been deleted: the heads then prove it by themselves",
  },
  ledger_head: {
    about: "One signed line a day about the ledger as a whole: how many events, and a hash over them.",
    held: "no: it is about nobody",
    readers: "anyone: it is published, so that a ledger that was cut shows",
    goes: "never: one row a day",
  },
};
