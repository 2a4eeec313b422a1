import type { Purpose } from "../../protocol/consent-statement.ts";
import { livePurpose } from "../consent/live-purpose.ts";
import { isSuspended } from "../consent/notice.ts";
import { consentOf } from "../consent/records.ts";
import type { RelayContext } from "../edge/context.ts";
import { ProblemError } from "../edge/problem.ts";
import { ownRecords } from "./own-mailbox.ts";

/**
 * The id of the consent under which the device that signed the request has agreed to `purpose`, as the notice in
 * force describes it.
 *
 * @throws ProblemError `purpose-not-granted`, `notice-superseded` when it was to a notice that no longer says
 *   everything, or `no-consent` when there is none at all
 */
export async function grantedPurpose(c: RelayContext, purpose: Purpose): Promise<string> {
  const address = c.var.device.address.text;
  const records = ownRecords(c);
  const granted = await livePurpose(c.env, address, purpose);
  if (granted !== undefined && isSuspended(granted.noticeVersion))
    throw new ProblemError("notice-superseded");
  if (granted !== undefined) return granted.consentId;
  const consent = await consentOf(records, address);
  throw new ProblemError(consent === undefined ? "no-consent" : "purpose-not-granted");
}
