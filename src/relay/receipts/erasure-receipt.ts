/**
 * What the end of a consent leaves in its owner's hand: what was erased, what is kept for how long, and until when the
 * platform's own backups could bring which kind of row back.
 *
 * What it asserts, from when it can be read: at `erasedAt` every message, mark, key and permit was erased and the mailbox
 * closed for good, and the consent record went in the very transaction that kept this receipt. What it does not
 * assert: that the mailbox's last row is gone too (address, consent id, notice version, opening time, day of the last
 * visit, epoch, nonce, claims of keys, the counts below). That goes with the whole database next, and before the withdrawal itself is answered;
 * should it fail, the mailbox's alarm goes on trying, and the withdrawal is answered `withdrawal-in-progress`.
 *
 * The relay keeps a copy for a while, and what it keeps after a withdrawal names nobody. So the address is not
 * in it, not even hashed, since a hash would confirm a guess: the random consent id, which the consent receipt
 * ties to the address, is what the owner shows beside it. `ledger_head` is the hash of the end's own event, as in every
 * receipt: whoever keeps it can show that the ledger says another end, or none.
 */
import { parseAddress } from "../../protocol/address.ts";
import { CODE_LIFE } from "../../protocol/limits.ts";
import { erasedRecords } from "../consent/erased-records.ts";
import { recordsOf } from "../consent/jurisdictions.ts";
import { BACKUPS_KEPT, BUDGETS_KEPT, EVENT_KEPT, RECEIPT_KEPT } from "../consent/retention.ts";
import type { Erased } from "../mailbox/calls.ts";
import { signReceipt } from "./signing-key.ts";

/**
 * Signs the receipt of an erasure.
 *
 * @param erasure.address read for its jurisdiction only
 * @param erasure.erased by the mailbox; what goes in D1 is counted here
 * @param erasure.kind `withdrawn` unless given
 * @param erasure.at ms since 1970
 * @param erasure.ledgerHead base64url of the hash of the end's event; undefined when all events were purged
 */
export async function signErasureReceipt(
  env: Env,
  erasure: {
    consentId: string;
    address: string;
    erased: Erased;
    at: number;
    kind?: "withdrawn" | "lapsed";
    ledgerHead: string | undefined;
  },
): Promise<string> {
  const { messages, bytes, revocableDeposits, oneTimeKeys, permits, deliveryTokens } = erasure.erased;
  const records = await erasedRecords(recordsOf(env, erasure.address), erasure.consentId);
  return signReceipt(env, "erasure", {
    iat: Math.floor(erasure.at / 1000),
    consentId: erasure.consentId,
    controller: env.CONTROLLER,
    jurisdiction: parseAddress(erasure.address)?.jurisdiction ?? "",
    ended: erasure.kind ?? "withdrawn",
    erasedAt: erasure.at,
    erased: { messages, bytes, revocableDeposits, oneTimeKeys, permits, deliveryTokens, ...records },
    kept: [
      {
        rows: "the consent's events in the ledger: random consent id, kind, time, hashes; no address",
        until: erasure.at + EVENT_KEPT,
      },
      // No day can be set: it hangs on what became of other people's consents.
      {
        rows: "then a hash of each event, without any id, until every other event that the same daily head covered is purged as well",
      },
      {
        rows: "counts of codes, look-ups and introductions, under keyed hashes of a number and of a network address; no address of a device",
        until: erasure.at + BUDGETS_KEPT,
      },
      {
        rows: "if a code was asked for in the last ten minutes: this device's address and the keyed hash of the code, under a keyed hash of the number",
        until: erasure.at + CODE_LIFE,
      },
      { rows: "a copy of this receipt, under the consent id", until: erasure.at + RECEIPT_KEPT },
    ],
    restorable: [
      {
        from: "point-in-time recovery of the mailbox's storage",
        rows: "sealed envelopes, deposit marks, public one-time keys and the count of their claims, permits of introductions; of the mailbox itself: address, consent id, notice version, opening time, day of the last visit, time of a take-over of its number, delivery epoch, nonce, the counts above",
        until: erasure.at + BACKUPS_KEPT,
      },
      {
        from: "point-in-time recovery of the consent database",
        rows: "the consent record: address, purposes, signed statement, consent receipt; the keyed hash of a verified number; sealed entries of the directory and of claims on them",
        until: erasure.at + BACKUPS_KEPT,
      },
      {
        from: "point-in-time recovery of a one-time-code object's storage",
        rows: "of codes asked for: this device's address and the keyed hash of the code, under a keyed hash of the number",
        until: erasure.at + CODE_LIFE + BACKUPS_KEPT,
      },
    ],
    ledger_head: erasure.ledgerHead,
  });
}
