/** A mailbox, table by table. All of it goes when the consent ends, whatever else is said here. */
import {
  ACTIVE_DAYS,
  DAY,
  ERASED_WITHIN,
  LAPSE_DAYS,
  MARK_GRACE,
  MAX_TTL_SECONDS,
  PERMIT_LIFE,
} from "../../protocol/limits.ts";
import { BY_ID, OWNER, type TableEntry } from "./entry.ts";

const HELD = "every row";
const WEEK = `${(MAX_TTL_SECONDS * 1000) / DAY} days`;
const MARKED = `${(MAX_TTL_SECONDS * 1000 + MARK_GRACE) / DAY} days`;
const WITHIN = `within ${ERASED_WITHIN / 60_000} minutes`;
const WITHDRAWING = "NULL before the withdrawal began.";

const TEXT_GOES = `when your device acknowledges it, or ${WITHIN} after its time, ${WEEK} at most, is over`;
const SEALED = { readers: "you, who alone can open it; `held` shows size and hash" } as const;
const ARRIVAL =
  "when it came, to the millisecond (ms since 1970 × 1024 and a counter), so that texts are handed over in order";
const DEPOSITOR = { readers: "you, and whoever deposited it" } as const;

/** Counted when the withdrawal begins, and said in the erasure receipt. */
const IN_RECEIPT = { readers: `${BY_ID}: the erasure receipt says it` } as const;

const PERMIT_KEY = {
  readers: "you, and whoever holds the permit",
  goes: "with the permit, or when you ask for a new delivery token",
} as const;

export const MAILBOX_ENTRIES: Readonly<Record<string, TableEntry>> = {
  mailbox: {
    about: "The mailbox itself: one row.",
    held: HELD,
    readers: OWNER,
    goes: "when the consent ends",
    columns: {
      consent_id: IN_RECEIPT,
      address: {
        why: "whose mailbox: an object does not know its own name, and its end has to find the records",
        readers: "you, and whoever has your card, which says it too",
      },
      opened_at: { why: "when it opened, ms since 1970" },
      withdrawn_at: { ...IN_RECEIPT, why: `when the withdrawal began, ms since 1970. ${WITHDRAWING}` },
      erased_messages: {
        ...IN_RECEIPT,
        why: `messages that the withdrawal erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_bytes: {
        ...IN_RECEIPT,
        why: `octets of messages and revocable deposits that it erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_revocable_deposits: {
        ...IN_RECEIPT,
        why: `revocable deposits and their marks that it erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_one_time_keys: {
        ...IN_RECEIPT,
        why: `one-time keys that it erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_permits: {
        ...IN_RECEIPT,
        why: `permits that it erases, ended ones included, for the receipt. ${WITHDRAWING}`,
      },
      lapsed: IN_RECEIPT,
      epoch: {
        readers: "you, and whoever has your card: it is in the delivery token",
        goes: "when you ask for a new delivery token, or the consent ends",
      },
      claims: { readers: "you; whoever asks for a key when the day's are used up is told that they are" },
      introductions: {
        why: "1: strangers may begin, because the grant in force has the purpose `discovery`. 2: not yet, while such a grant is being taken.",
        readers: "you; whoever has made an introduction to your address finds out with it",
      },
      seen_day: {
        why: `the UTC day on which the device was last here, in days since 1970: the mailbox ends ${LAPSE_DAYS} days after it`,
        readers: `you; another device that verifies the number that you are listed under learns whether it is more than ${ACTIVE_DAYS} days ago, for then it need not wait`,
      },
      route_claim: {
        readers: "you, and the other device",
        goes: "when that one does not claim it any more, with your next yes after it took over, or when the consent ends",
      },
      confirm_by: { goes: "when it has opened: moments after the grant, or a minute if that was cut off" },
    },
  },
  message: {
    about:
      "Sealed texts that wait for the device; what it takes at once is never here. Nothing says who sent them.",
    held: HELD,
    readers: OWNER,
    goes: TEXT_GOES,
    columns: { id: { why: ARRIVAL }, expires_at: DEPOSITOR, body: SEALED },
  },
  revocable_deposit: {
    about:
      "Sealed texts that their sender may take back, and afterwards, or when one was taken back before it came, a mark of how it ended.",
    held: HELD,
    readers: OWNER,
    goes: `${MARK_GRACE / DAY} day after the text's time is over, and ${WITHIN} then; the mark of one that was taken back before it came, ${MARKED} after that, and as soon`,
    columns: {
      id: {
        why: `${ARRIVAL}; of the mark of one that had not come, when it was taken back`,
      },
      expires_at: DEPOSITOR,
      body: { ...SEALED, goes: `${TEXT_GOES}; or when its sender takes it back` },
      state: DEPOSITOR,
      key: { readers: "you, and whoever deposited it, who made it" },
      ended_at: { readers: "you; of one that was taken back, whoever deposited it, to the second" },
    },
  },
  one_time_key: {
    about:
      "Public keys that people seal their first text to you with; their private halves never leave the device.",
    held: HELD,
    readers: "you, and one contact or introduced stranger each; a last-resort key, several",
    goes: `when somebody claims it, the pool is replaced, or ${WITHIN} after its time is over`,
    columns: { id: { why: "first 16 octets of the public key's SHA-256, by which it is found" } },
  },
  permit: {
    about:
      "What an introduction opened: a few texts from somebody who knows the number. Nothing says who. It stays when you take back the purpose `discovery`.",
    held: HELD,
    readers: OWNER,
    goes: `${PERMIT_LIFE / DAY} days after it was opened, and ${WITHIN} then`,
    columns: {
      id: { readers: "you, and whoever holds the permit, who made it" },
      expires_at: { why: "when it and its row end, ms since 1970" },
      key_public: PERMIT_KEY,
      key_last_resort: {
        ...PERMIT_KEY,
        why: "1: the key that was claimed under it is a last-resort one. NULL while none was claimed.",
      },
      key_expires_at: {
        ...PERMIT_KEY,
        why: "when that key's time is over, ms since 1970. NULL while none was claimed.",
      },
      key_signature: {
        ...PERMIT_KEY,
        why: "the device's, over that key's statement. NULL while none was claimed.",
      },
    },
  },
};
