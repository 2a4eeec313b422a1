/** The tables `route` and `route_claim`: who is found by a number, and who waits to be. Triggers do the rest. */
import type { RoutePlace } from "./sealing.ts";

/** Where a row goes, and what goes into it. */
export interface RouteRow {
  readonly keyVersion: number;
  readonly routeId: string;
  readonly consentId: string;
  readonly entry: string;
  readonly verifiedAt: number;
  readonly listedAt: number;
}

/** A row of either table, and whose it is. */
export interface Held {
  readonly keyVersion: number;
  readonly consentId: string;
  readonly address: string;
  readonly verifiedAt: number;
  readonly listedAt: number;
  /** Of a claim; null of a route. */
  readonly effectiveAt: number | null;
}

type Place = Pick<RoutePlace, "keyVersion" | "routeId">;

/** All that is held of a number, at the places where it is or would be. */
export async function heldAt(records: D1Database, places: readonly Place[]): Promise<Held[]> {
  const among = `(x.key_version, x.route_id) IN (VALUES ${places.map(() => "(?, ?)").join(", ")})`;
  const select = (table: string, effectiveAt: string) =>
    `SELECT x.key_version AS keyVersion, x.consent_id AS consentId, c.address, x.verified_at AS verifiedAt,
       x.listed_at AS listedAt, ${effectiveAt} AS effectiveAt
     FROM ${table} x JOIN consent c ON c.consent_id = x.consent_id WHERE ${among}`;
  const at = places.flatMap(({ keyVersion, routeId }) => [keyVersion, routeId]);
  const { results } = await records
    .prepare(`${select("route", "NULL")} UNION ALL ${select("route_claim", "x.effective_at")}`)
    .bind(...at, ...at)
    .all<Held>();
  return results;
}

/** Where a device is listed, under keys in use or not. */
export async function ownRoutes(
  records: D1Database,
  consentId: string,
): Promise<(Place & { readonly verifiedAt: number; readonly listedAt: number })[]> {
  const { results } = await records
    .prepare(
      `SELECT key_version AS keyVersion, route_id AS routeId, verified_at AS verifiedAt, listed_at AS listedAt
         FROM route WHERE consent_id = ?`,
    )
    .bind(consentId)
    .all<Place & { verifiedAt: number; listedAt: number }>();
  return results;
}

/**
 * Lists a device, if its purpose `discovery` is granted and nobody else has the place. What it has there already is
 * replaced by a newer check only.
 */
export function writeRoute(records: D1Database, row: RouteRow): D1PreparedStatement {
  // Selected from the grant, so that one which has just ended makes no row instead of an error.
  return records
    .prepare(
      `INSERT INTO route (key_version, route_id, consent_id, purpose, notice_version, entry, verified_at, listed_at)
         SELECT ?, ?, c.consent_id, p.purpose, c.notice_version, ?, ?, ?
         FROM consent c JOIN consent_purpose p ON p.consent_id = c.consent_id
         WHERE c.consent_id = ? AND p.purpose = 'discovery'
         ON CONFLICT (key_version, route_id) DO UPDATE SET
           entry = excluded.entry, verified_at = excluded.verified_at, notice_version = excluded.notice_version
         WHERE route.consent_id = excluded.consent_id AND route.verified_at < excluded.verified_at`,
    )
    .bind(row.keyVersion, row.routeId, row.entry, row.verifiedAt, row.listedAt, row.consentId);
}

/** Claims a route that `holder` still has by an older check, unless a newer check claims it. */
export function writeClaim(
  records: D1Database,
  row: RouteRow & { readonly effectiveAt: number },
  holder: string,
): D1PreparedStatement {
  return records
    .prepare(
      `INSERT INTO route_claim (key_version, route_id, consent_id, purpose, notice_version, entry, verified_at,
           listed_at, effective_at)
         SELECT r.key_version, r.route_id, c.consent_id, p.purpose, c.notice_version, ?, ?, ?, ?
         FROM route r, consent c JOIN consent_purpose p ON p.consent_id = c.consent_id
         WHERE r.key_version = ? AND r.route_id = ? AND r.consent_id = ? AND r.verified_at < ?
           AND c.consent_id = ? AND p.purpose = 'discovery'
         ON CONFLICT (key_version, route_id) DO UPDATE SET
           consent_id = excluded.consent_id, notice_version = excluded.notice_version, entry = excluded.entry,
           verified_at = excluded.verified_at, listed_at = excluded.listed_at, effective_at = excluded.effective_at
         WHERE route_claim.verified_at < excluded.verified_at`,
    )
    .bind(
      ...[row.entry, row.verifiedAt, row.listedAt, row.effectiveAt],
      ...[row.keyVersion, row.routeId, holder, row.verifiedAt, row.consentId],
    );
}

/** Takes a device's routes and claims away, besides those at `places`. What was claimed goes to whoever claims it. */
export function leaveOthers(
  records: D1Database,
  consentId: string,
  places: readonly Place[],
): D1PreparedStatement[] {
  const ids = places.map(({ routeId }) => routeId);
  const others = ids.length === 0 ? "" : ` AND route_id NOT IN (${ids.map(() => "?").join(", ")})`;
  return ["route_claim", "route"].map((table) =>
    records.prepare(`DELETE FROM ${table} WHERE consent_id = ?${others}`).bind(consentId, ...ids),
  );
}

/** Ends the claims on a device's routes that rest on a check before `verifiedAt`. */
export function cancelClaims(
  records: D1Database,
  consentId: string,
  verifiedAt: number,
): D1PreparedStatement {
  return records
    .prepare(
      `DELETE FROM route_claim WHERE verified_at < ? AND (key_version, route_id) IN
         (SELECT key_version, route_id FROM route WHERE consent_id = ?)`,
    )
    .bind(verifiedAt, consentId);
}
