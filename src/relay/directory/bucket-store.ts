/** What a bucket is made of, read from D1: one row for its width, one row an entry. */
import { concatBytes, hexToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url } from "../../protocol/base64url.ts";
import type { Prefix } from "../../protocol/directory/prefix.ts";
import { ROUTE_ID_SIZE } from "../../protocol/directory/route-keys.ts";

/** How many routes there are under each key that has any. */
export async function directorySizes(records: D1Database): Promise<Map<number, number>> {
  const { results } = await records
    .prepare("SELECT key_version AS version, routes FROM directory_size")
    .all<{ version: number; routes: number }>();
  return new Map(results.map(({ version, routes }) => [version, routes]));
}

/** How many routes there are under one key. */
export async function directorySize(records: D1Database, keyVersion: number): Promise<number> {
  const row = await records
    .prepare("SELECT routes FROM directory_size WHERE key_version = ?")
    .bind(keyVersion)
    .first<{ routes: number }>();
  return row?.routes ?? 0;
}

/**
 * The entries under a prefix, each route id | entry. A claim is served from the moment of its effect, whether or not
 * it has been settled; what was agreed to under a notice that no longer says everything is not served.
 *
 * @param materialSince the earliest version of the notice that does
 * @param now ms since 1970
 */
export async function entriesUnder(
  records: D1Database,
  keyVersion: number,
  prefix: Prefix,
  { materialSince, now }: { materialSince: number; now: number },
): Promise<Uint8Array[]> {
  const [first, last] = rangeOf(prefix);
  const { results } = await records
    .prepare(
      `SELECT r.route_id AS routeId, COALESCE(k.entry, r.entry) AS entry
         FROM route r LEFT JOIN route_claim k
           ON k.key_version = r.key_version AND k.route_id = r.route_id AND k.effective_at <= ?
         WHERE r.key_version = ? AND r.route_id BETWEEN ? AND ?
           AND COALESCE(k.notice_version, r.notice_version) >= ?`,
    )
    .bind(now, keyVersion, first, last, materialSince)
    .all<{ routeId: string; entry: string }>();
  return results.map(({ routeId, entry }) =>
    concatBytes(hexToBytes(routeId), decodeBase64url(entry) ?? new Uint8Array()),
  );
}

/** The first and the last route id with these bits, in hex. */
function rangeOf({ bits }: Prefix): [first: string, last: string] {
  const hex = (fill: "0" | "1") =>
    (bits.padEnd(ROUTE_ID_SIZE * 8, fill).match(/.{4}/g) ?? [])
      .map((four) => Number.parseInt(four, 2).toString(16))
      .join("");
  return [hex("0"), hex("1")];
}
