/**
 * The end of a consent that has no mailbox: elsewhere the mailbox leads (mailbox/withdrawal.ts), and so would nobody
 * here. Its grant crashed between the two and the device never came back; or D1 was restored to a moment before it ended.
 */
import { parseAddress } from "../../protocol/address.ts";
import { DAY } from "../../protocol/limits.ts";
import type { MailboxCalls } from "../mailbox/calls.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import { signErasureReceipt } from "../receipts/erasure-receipt.ts";
import { recordsOf } from "./jurisdictions.ts";
import { endConsent } from "./ledger.ts";
import type { ConsentRecord } from "./record.ts";
import { noteMailbox } from "./records.ts";

/** How long one that could not be asked makes way for others; the next daily run finds it again. */
const ASKED_AGAIN_AFTER = DAY / 2;

const NOTHING_ERASED = {
  messages: 0,
  bytes: 0,
  revocableDeposits: 0,
  oneTimeKeys: 0,
  permits: 0,
  deliveryTokens: 0,
};

type Named = Pick<ConsentRecord, "consentId" | "address">;

/**
 * Ends a consent whose mailbox is not open, or ends them both if it is after all.
 *
 * @param end.at ms since 1970
 */
export async function endUnopened(
  env: Env,
  mailbox: MailboxCalls,
  { consentId, address }: Named,
  end: { readonly at: number; readonly kind: "withdrawn" | "lapsed" },
): Promise<void> {
  const withdrawn = await mailbox.withdraw(consentId);
  if (withdrawn.outcome !== "no-consent") return;
  const receipt = (ledgerHead: string | undefined) =>
    signErasureReceipt(env, { consentId, address, erased: NOTHING_ERASED, ...end, ledgerHead });
  await endConsent(recordsOf(env, address), { consentId, receipt, ...end });
  // The same grant, sent again, may have opened it since it was asked. From here on none can.
  await mailbox.withdraw(consentId);
}

/**
 * Asks mailboxes that never said that they had opened, when that has been so long that they would have lapsed, and ends
 * the consents of those that are not there. Harmless twice, also at once.
 *
 * @param now ms since 1970
 * @param limit asks so many at most; the rest is due the next time
 * @returns how many were asked, and how many consents ended
 * @throws when D1 cannot be reached: what is due is still due tomorrow
 */
export async function endUnopenedDue(
  env: Env,
  records: D1Database,
  now: number,
  limit: number,
): Promise<{ readonly asked: number; readonly ended: number }> {
  const due = await takeDue(records, now, limit);
  let ended = 0;
  for (const consent of due) if (await isEnded(env, records, consent, now)) ended++;
  return { asked: due.length, ended };
}

/** One that fails keeps none of the others. */
async function isEnded(env: Env, records: D1Database, consent: Named, now: number): Promise<boolean> {
  const address = parseAddress(consent.address);
  const mailbox = address && mailboxOf(env, address);
  if (mailbox === undefined) return false;
  try {
    const seen = await mailbox.lastSeen(consent.consentId);
    if (seen.outcome === "seen") await noteMailbox(records, consent.consentId);
    if (seen.outcome !== "no-consent") return false;
    await endUnopened(env, mailbox, consent, { at: now, kind: "lapsed" });
    return true;
  } catch (error) {
    const what = error instanceof Error ? error.name : "unknown";
    console.error("a consent without a mailbox could not be ended:", what);
    return false;
  }
}

/** Those that have waited longest; each is due again later, should nothing come of it now. */
async function takeDue(records: D1Database, now: number, limit: number): Promise<Named[]> {
  const { results } = await records
    .prepare(
      `UPDATE consent SET ask_mailbox_after = ?1 WHERE consent_id IN (
         SELECT consent_id FROM consent WHERE ask_mailbox_after <= ?2 ORDER BY ask_mailbox_after LIMIT ?3)
       RETURNING consent_id AS consentId, address`,
    )
    .bind(now + ASKED_AGAIN_AFTER, now, limit)
    .all<Named>();
  return results;
}
