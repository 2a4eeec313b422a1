/** The `verified_number` table: which consent has shown a number to be its own, under the number's keyed hash. */

export interface VerifiedNumber {
  readonly consentId: string;
  /** See hash.ts. */
  readonly numberHash: string;
  /** ms since 1970. */
  readonly verifiedAt: number;
}

/**
 * Records a number as verified, in place of any before it.
 *
 * @returns false when the purpose `number` is not granted (any more): nothing was written then
 */
export async function recordVerifiedNumber(
  records: D1Database,
  { consentId, numberHash, verifiedAt }: VerifiedNumber,
): Promise<boolean> {
  // Selected from the grant, so that one which has just ended makes no row instead of an error.
  const { meta } = await records
    .prepare(
      `INSERT INTO verified_number (consent_id, purpose, number_hash, verified_at)
         SELECT consent_id, purpose, ?, ? FROM consent_purpose WHERE consent_id = ? AND purpose = 'number'
         ON CONFLICT (consent_id) DO UPDATE SET number_hash = excluded.number_hash, verified_at = excluded.verified_at`,
    )
    .bind(numberHash, verifiedAt, consentId)
    .run();
  return meta.changes > 0;
}

/**
 * The hash of a device's verified number, when it agreed to a notice that still says everything. Its row stands on the
 * purpose `number`: no other query need ask for that.
 */
export async function liveNumberHash(
  records: D1Database,
  address: string,
  materialSince: number,
): Promise<string | undefined> {
  const hash = await records
    .prepare(
      `SELECT v.number_hash AS hash FROM consent c JOIN verified_number v ON v.consent_id = c.consent_id
         WHERE c.address = ? AND c.notice_version >= ?`,
    )
    .bind(address, materialSince)
    .first<string>("hash");
  return hash ?? undefined;
}

/** A consent's verified number. The row is there only while the purpose `number` is. */
export async function verifiedNumberOf(
  records: D1Database,
  consentId: string,
): Promise<VerifiedNumber | undefined> {
  const row = await records
    .prepare(
      `SELECT consent_id AS consentId, number_hash AS numberHash, verified_at AS verifiedAt
         FROM verified_number WHERE consent_id = ?`,
    )
    .bind(consentId)
    .first<VerifiedNumber>();
  return row ?? undefined;
}
