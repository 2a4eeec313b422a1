import type { Purpose } from "../../protocol/consent-statement.ts";
import { livePurpose } from "../consent/live-purpose.ts";
import { consentOf } from "../consent/records.ts";
import type { RelayContext } from "../edge/context.ts";
import { ProblemError } from "../edge/problem.ts";
import { ownRecords } from "./own-mailbox.ts";

/**
 * The id of the consent under which the device that signed the request has agreed to `purpose`.
 *
 * @throws ProblemError `purpose-not-granted`, or `no-consent` when there is none at all
 */
export async function grantedPurpose(c: RelayContext, purpose: Purpose): Promise<string> {
  const address = c.var.device.address.text;
  const records = ownRecords(c);
  const consentId = await livePurpose(c.env, address, purpose);
  if (consentId !== undefined) return consentId;
  const consent = await consentOf(records, address);
  throw new ProblemError(consent === undefined ? "no-consent" : "purpose-not-granted");
}
