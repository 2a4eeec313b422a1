/** A withdrawal, as its owner asks for it: the mailbox leads (mailbox/calls.ts), D1 follows. */
import type { MailboxCalls, WithdrawOutcome } from "../mailbox/calls.ts";
import { consentOf } from "./records.ts";

/**
 * Ends the device's consent in force.
 *
 * A mailbox may not know a consent that D1 has: its grant crashed before it opened. It is then opened under
 * that consent and withdrawn, so that there is one way out for every state: also a mailbox that was left open
 * under an earlier consent is erased.
 */
export async function withdrawConsent(
  env: Env,
  mailbox: MailboxCalls,
  address: string,
  nonce: number,
): Promise<WithdrawOutcome> {
  const record = await consentOf(env.RECORDS, address);
  if (record === undefined) return { outcome: "no-consent" };
  const { consentId, noticeVersion } = record;
  const withdrawn = await mailbox.withdraw(consentId, nonce);
  if (withdrawn.outcome !== "no-consent") return withdrawn;
  const opened = await mailbox.open({ consentId, address, noticeVersion, nonce });
  if (!("epoch" in opened)) return opened;
  return mailbox.withdraw(consentId, nonce + 1);
}
