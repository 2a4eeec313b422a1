import type { Purpose } from "../../protocol/consent-statement.ts";
import { recordsOf } from "./jurisdictions.ts";

export interface GrantedPurpose {
  readonly consentId: string;
  /** The notice under which it was granted: whether that still holds is for the caller to ask. */
  readonly noticeVersion: number;
}

/** The device's consent, if it is in force and `purpose` is among what it grants. */
export async function livePurpose(
  env: Env,
  address: string,
  purpose: Purpose,
): Promise<GrantedPurpose | undefined> {
  const row = await recordsOf(env, address)
    .prepare(
      `SELECT c.consent_id AS consentId, c.notice_version AS noticeVersion
       FROM consent c JOIN consent_purpose p ON p.consent_id = c.consent_id
       WHERE c.address = ? AND p.purpose = ?`,
    )
    .bind(address, purpose)
    .first<GrantedPurpose>();
  return row ?? undefined;
}
