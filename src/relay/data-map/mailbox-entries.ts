/** A mailbox, table by table. All of it goes when the consent ends, whatever else is said here. */
import { DAY, ERASED_WITHIN, MARK_GRACE, MAX_TTL_SECONDS, PERMIT_LIFE } from "../../protocol/limits.ts";
import { OWNER, type TableEntry } from "./entry.ts";

const HELD = "every row";
const WEEK = `${(MAX_TTL_SECONDS * 1000) / DAY} days`;
const MARK = `${MARK_GRACE / DAY} day`;
const WITHDRAWING = "NULL before the withdrawal began.";

const TEXT_GOES = `when your device acknowledges it, or, within ${ERASED_WITHIN / 60_000} minutes, after its time is over: ${WEEK} at most`;
const SEALED = { readers: "you, who alone can open it; `held` shows size and hash" } as const;

export const MAILBOX_ENTRIES: Readonly<Record<string, TableEntry>> = {
  mailbox: {
    about: "The mailbox itself: one row.",
    held: HELD,
    readers: OWNER,
    goes: "when the consent ends",
    columns: {
      opened_at: { why: "when it opened, ms since 1970" },
      withdrawn_at: { why: `when the withdrawal began, ms since 1970. ${WITHDRAWING}` },
      erased_messages: { why: `messages that the withdrawal erases, for the receipt. ${WITHDRAWING}` },
      erased_bytes: {
        why: `octets of messages and revocable deposits that it erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_revocable_deposits: {
        why: `revocable deposits and their marks that it erases, for the receipt. ${WITHDRAWING}`,
      },
      erased_one_time_keys: { why: `one-time keys that it erases, for the receipt. ${WITHDRAWING}` },
      erased_permits: {
        why: `permits that it erases, ended ones included, for the receipt. ${WITHDRAWING}`,
      },
      epoch: { goes: "when you ask for a new delivery token, or the consent ends" },
      route_claim: { goes: "when the route is yours again, or the consent ends" },
      introductions: {
        why: "1: strangers may begin, because the grant in force has the purpose `discovery`. 2: not yet, while such a grant is being taken.",
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
    columns: { body: SEALED },
  },
  revocable_deposit: {
    about: "Sealed texts that their sender may take back, and afterwards a mark of how each ended.",
    held: HELD,
    readers: OWNER,
    goes: `${MARK} after the text's time is over: ${(MAX_TTL_SECONDS * 1000 + MARK_GRACE) / DAY} days at most`,
    columns: {
      body: { ...SEALED, goes: `${TEXT_GOES}; or when its sender takes it back` },
      state: { readers: "you, and whoever deposited it" },
      key: { readers: "you, and whoever deposited it, who made it" },
    },
  },
  one_time_key: {
    about:
      "Public keys that people seal their first text to you with; their private halves never leave the device.",
    held: HELD,
    readers: "you, and one contact or introduced stranger each; a last-resort key, several",
    goes: "when somebody claims it, the pool is replaced, or its time is over",
    columns: { id: { why: "first 16 octets of the public key's SHA-256, by which it is found" } },
  },
  permit: {
    about: "What an introduction opened: a few texts from somebody who knows the number. Nothing says who.",
    held: HELD,
    readers: OWNER,
    goes: `${PERMIT_LIFE / DAY} days after it was opened`,
    columns: {
      expires_at: { why: "when it and its row end, ms since 1970" },
      key_public: { readers: "you, and whoever holds the permit" },
      key_last_resort: {
        why: "1: the key that was claimed under it is a last-resort one. NULL while none was claimed.",
      },
      key_expires_at: { why: "when that key's time is over, ms since 1970. NULL while none was claimed." },
      key_signature: { why: "the device's, over that key's statement. NULL while none was claimed." },
    },
  },
};
