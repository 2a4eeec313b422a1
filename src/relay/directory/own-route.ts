/** How a device stands in the directory. Reads only: what is due is settled before (settlement.ts). */

export type OwnRoute =
  | {
      readonly state: "listed";
      readonly since: number;
      readonly keyVersions: readonly number[];
      /** Somebody else waits for it. */
      readonly claim?: { readonly effectiveAt: number };
    }
  | {
      readonly state: "waiting";
      readonly since: number;
      readonly keyVersions: readonly number[];
      readonly effectiveAt: number;
      /** Whoever has the route until then. */
      readonly holder: { readonly consentId: string; readonly address: string };
    }
  | { readonly state: "unlisted" | "superseded" };

interface OwnRow {
  readonly keyVersion: number;
  readonly listedAt: number;
  readonly claimed: number;
  readonly effectiveAt: number | null;
  readonly holderId: string;
  readonly holderAddress: string;
}

/** @param live versions of the keys in use: what is listed under another is found by nobody */
export async function ownRoute(
  records: D1Database,
  consentId: string,
  live: readonly number[],
): Promise<OwnRoute> {
  const { results } = await records
    .prepare(
      `SELECT r.key_version AS keyVersion, r.listed_at AS listedAt, 0 AS claimed, k.effective_at AS effectiveAt,
           '' AS holderId, '' AS holderAddress
         FROM route r LEFT JOIN route_claim k ON k.key_version = r.key_version AND k.route_id = r.route_id
         WHERE r.consent_id = ?1
       UNION ALL
       SELECT k.key_version, k.listed_at, 1, k.effective_at, r.consent_id, c.address
         FROM route_claim k JOIN route r ON r.key_version = k.key_version AND r.route_id = k.route_id
           JOIN consent c ON c.consent_id = r.consent_id
         WHERE k.consent_id = ?1`,
    )
    .bind(consentId)
    .all<OwnRow>();
  const rows = results.filter(({ keyVersion }) => live.includes(keyVersion));
  const [first] = rows;
  if (first === undefined)
    return { state: (await wasSuperseded(records, consentId)) ? "superseded" : "unlisted" };
  const keyVersions = live.filter((version) => rows.some((row) => row.keyVersion === version));
  const since = Math.min(...rows.map(({ listedAt }) => listedAt));
  const ends = rows.flatMap(({ effectiveAt }) => effectiveAt ?? []);
  const effectiveAt = Math.min(...ends);
  if (first.claimed === 1) {
    const holder = { consentId: first.holderId, address: first.holderAddress };
    return { state: "waiting", since, keyVersions, effectiveAt, holder };
  }
  return { state: "listed", since, keyVersions, ...(ends.length > 0 && { claim: { effectiveAt } }) };
}

/** Until its owner grants anew, the ledger's last word of the consent is that somebody else has the number. */
async function wasSuperseded(records: D1Database, consentId: string): Promise<boolean> {
  const row = await records
    .prepare("SELECT kind FROM consent_event WHERE consent_id = ? ORDER BY position DESC LIMIT 1")
    .bind(consentId)
    .first<{ kind: string }>();
  return row?.kind === "superseded";
}
