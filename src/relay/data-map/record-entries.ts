/** D1, table by table. */
import { DAY } from "../../protocol/limits.ts";
import { BUDGETS_KEPT, EVENT_KEPT, RECEIPT_KEPT } from "../consent/retention.ts";
import { BY_CONSENT, OWNER, type TableEntry } from "./entry.ts";

const days = (time: number) => `${time / DAY} days`;

const LISTED = {
  held: BY_CONSENT,
  readers: OWNER,
  goes: "with the purpose `discovery`, when you take yourself off the list, or when the directory's key is retired",
} as const;

const SEALED = { readers: "you, with `held`; whoever looks your number up can open it" } as const;

export const RECORD_ENTRIES: Readonly<Record<string, TableEntry>> = {
  consent: {
    about: "The consents in force: one row a device.",
    held: BY_CONSENT,
    readers: OWNER,
    goes: "when the consent ends",
    columns: {
      receipt: { readers: "you, and whoever knows the consent's id, which is random" },
      ask_mailbox_after: { goes: "when the mailbox opens, moments after the grant, or the consent ends" },
    },
  },
  consent_purpose: {
    about: "What each consent covers: one row a purpose.",
    held: BY_CONSENT,
    readers: OWNER,
    goes: "when the purpose or the consent ends",
  },
  consent_event: {
    about: "The ledger: that a consent began, changed and ended. No row names a device.",
    held: "every row of the consent in force; after its end nothing ties a row to you but the id in your receipt",
    readers: OWNER,
    goes: `${EVENT_KEPT / (365 * DAY)} years after the consent's end, all its events together`,
  },
  consent_receipt: {
    about: "Erasure receipts, so that a lost answer can be asked for again.",
    held: "no: it is made when the consent ends, and names nobody",
    readers: "whoever knows the consent's id, which is random",
    goes: `${days(RECEIPT_KEPT)} after the end`,
  },
  verified_number: {
    about: "That a consent has shown a number to be its own. The number is not in it.",
    held: BY_CONSENT,
    readers: OWNER,
    goes: "with the purpose `number`, or when another number takes its place",
  },
  budget: {
    about: "How much of something may still be done: look-ups, introductions, codes.",
    held: "those of your verified number; those of a network address or of everybody are no one device's",
    readers: OWNER,
    goes: `when the budget is full again, and the daily run comes by: ${days(BUDGETS_KEPT)} at most`,
  },
  route: {
    about: "The number directory: which device is found by which number, without any number.",
    ...LISTED,
    columns: {
      route_id: {
        readers: "you, with `held`; whoever looks your number up knows it again, nobody else",
      },
      entry: SEALED,
      key_version: { readers: "anyone: it is in a bucket's address" },
    },
  },
  route_claim: {
    about:
      "A device that has verified a number under which another one is listed, and waits to take its place.",
    ...LISTED,
    goes: `${LISTED.goes}; else when it takes effect, or the other device verifies anew`,
    columns: {
      key_version: { why: "The key of the directory under which the number's tag was made." },
      purpose: { why: "Always `discovery`: the grant that the row stands on, and goes with." },
      verified_at: { why: "When the claiming device answered the code, ms since 1970." },
      entry: {
        readers: "you, with `held`; once it is in effect, whoever looks the number up can open it",
      },
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
