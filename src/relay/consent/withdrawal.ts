/** The two ways to ask for a withdrawal. In both the mailbox leads (mailbox/calls.ts) and D1 follows. */
import type { MailboxCalls, WithdrawOutcome } from "../mailbox/calls.ts";
import { recordsOf } from "./jurisdictions.ts";
import type { ConsentRecord } from "./record.ts";
import { consentOf, erasureReceipt } from "./records.ts";

/**
 * Ends the device's consent in force, as its owner asks for it.
 *
 * A mailbox may not know a consent that D1 has: its grant crashed before it opened. It is then opened under
 * that consent and withdrawn, so that there is one way out for every state: also a mailbox that was left open
 * under an earlier consent is erased. So is one that D1 knows no consent of, as after it was restored to an earlier
 * moment. A consent granted since D1 was asked is spared by its nonce, unless the device asked for its end later.
 */
export async function withdrawConsent(
  env: Env,
  mailbox: MailboxCalls,
  address: string,
  nonce: number,
): Promise<WithdrawOutcome> {
  const record = await consentOf(recordsOf(env, address), address);
  if (record === undefined) return mailbox.withdrawAny(nonce);
  const { consentId, noticeVersion } = record;
  const withdrawn = await mailbox.withdraw(consentId, nonce);
  if (withdrawn.outcome !== "no-consent") return withdrawn;
  const opened = await openToEnd(mailbox, { consentId, address, noticeVersion, nonce });
  if (!("epoch" in opened)) return opened;
  // That used the nonce up, and the mailbox is open under no other consent.
  return mailbox.withdraw(consentId);
}

/** One that is still ending an earlier consent, of which D1 knows already, comes to that end first. */
async function openToEnd(
  mailbox: MailboxCalls,
  grant: Omit<Parameters<MailboxCalls["open"]>[0], "introductions">,
): ReturnType<MailboxCalls["open"]> {
  const opened = await mailbox.open({ ...grant, introductions: false });
  if (opened.outcome !== "withdrawing") return opened;
  const ended = await mailbox.withdrawAny(grant.nonce);
  const isOver = ended.outcome === "withdrawn" || ended.outcome === "no-consent";
  return isOver ? mailbox.open({ ...grant, introductions: false }) : opened;
}

/** No device's nonce is lower: it opens an absent mailbox and takes over none that is open. */
const OPENS_ABSENT_ONLY = 0;

/**
 * Ends the consent that a statement names, if it is the one in force, and no other whatever happens meanwhile:
 * D1 only says whether the mailbox is worth waking, and the mailbox compares again where it erases.
 *
 * Who has a statement is told about its own consent and nothing else. An ended one gives its erasure receipt for
 * as long as that is kept, as to anybody with the id; then `no-consent`. Both come from D1 by the same two reads,
 * and wake nothing, whether or not the device agreed anew since.
 *
 * @param now ms since 1970
 */
export async function withdrawByStatement(
  env: Env,
  mailbox: MailboxCalls,
  { address, consentId }: { readonly address: string; readonly consentId: string },
  now: number,
): Promise<WithdrawOutcome> {
  const record = await consentOf(recordsOf(env, address), address);
  if (record?.consentId === consentId) {
    const withdrawn = await mailbox.withdraw(consentId);
    if (withdrawn.outcome !== "no-consent") return withdrawn;
  }
  const receipt = await erasureReceipt(recordsOf(env, address), consentId, now);
  if (receipt !== undefined) return { outcome: "withdrawn", receipt };
  if (record?.consentId !== consentId) return { outcome: "no-consent" };
  return withdrawUnopened(mailbox, record);
}

/** Of a consent whose grant crashed before the mailbox opened; see {@link withdrawConsent}. */
async function withdrawUnopened(
  mailbox: MailboxCalls,
  { consentId, address, noticeVersion }: ConsentRecord,
): Promise<WithdrawOutcome> {
  const grant = { consentId, address, noticeVersion, nonce: OPENS_ABSENT_ONLY };
  const opened = await openToEnd(mailbox, grant);
  // Open under another consent: this one has just ended and the device agreed anew. Asked again, D1 tells.
  if (opened.outcome === "nonce-used") return { outcome: "unavailable" };
  if (!("epoch" in opened)) return opened;
  const withdrawn = await mailbox.withdraw(consentId);
  return withdrawn.outcome === "no-consent" ? { outcome: "unavailable" } : withdrawn;
}
