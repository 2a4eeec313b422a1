/** What the end of a consent erases in D1, by kind: goes into the erasure receipt, beside what the mailbox erased. */
export interface ErasedRecords {
  readonly consents: number;
  readonly purposes: number;
  readonly verifiedNumbers: number;
  readonly routes: number;
  readonly routeClaims: number;
}

/**
 * Counts what goes by cascade when the consent's row does. Asked when the mailbox refuses everything already; a
 * listing that passed it a moment before and is written a moment later goes as well, uncounted.
 */
export async function erasedRecords(records: D1Database, consentId: string): Promise<ErasedRecords> {
  const count = (table: string) => `(SELECT COUNT(*) FROM ${table} WHERE consent_id = ?1)`;
  const row = await records
    .prepare(
      `SELECT ${count("consent")} AS consents, ${count("consent_purpose")} AS purposes,
         ${count("verified_number")} AS verifiedNumbers, ${count("route")} AS routes,
         ${count("route_claim")} AS routeClaims`,
    )
    .bind(consentId)
    .first<ErasedRecords>();
  return row ?? { consents: 0, purposes: 0, verifiedNumbers: 0, routes: 0, routeClaims: 0 };
}
