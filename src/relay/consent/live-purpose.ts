import type { Purpose } from "../../protocol/consent-statement.ts";
import { recordsOf } from "./jurisdictions.ts";

/** The id of the device's consent, if that consent is in force and `purpose` is among what it grants. */
export async function livePurpose(env: Env, address: string, purpose: Purpose): Promise<string | undefined> {
  const row = await recordsOf(env, address)
    .prepare(
      `SELECT c.consent_id AS consentId FROM consent c JOIN consent_purpose p ON p.consent_id = c.consent_id
       WHERE c.address = ? AND p.purpose = ?`,
    )
    .bind(address, purpose)
    .first<{ consentId: string }>();
  return row?.consentId;
}
