/** A directory of any size, written straight into D1's file while no relay runs on it. */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ENTRY_SIZE } from "../../src/protocol/directory/entry.ts";
import { ROUTE_ID_SIZE } from "../../src/protocol/directory/route-keys.ts";

export interface RealRoute {
  readonly routeId: Uint8Array;
  readonly entry: Uint8Array;
}

/** Fills the directory up to `routes`, with `real` among them; its consents are not there, and nothing reads them. */
export function populate(state: string, routes: number, real: readonly RealRoute[]): void {
  const database = open(state);
  try {
    database.exec("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN");
    const insert = database.prepare(
      `INSERT OR IGNORE INTO route (key_version, route_id, consent_id, purpose, notice_version, entry, verified_at,
         listed_at) VALUES (1, ?, ?, 'discovery', 2, ?, 0, 0)`,
    );
    for (const { routeId, entry } of real) {
      const hex = Buffer.from(routeId).toString("hex");
      insert.run(hex, `real ${hex}`, Buffer.from(entry).toString("base64url"));
    }
    for (let at = size(database); at < routes; at++)
      insert.run(
        randomBytes(ROUTE_ID_SIZE).toString("hex"),
        `filler ${at}`,
        randomBytes(ENTRY_SIZE).toString("base64url"),
      );
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** Lets a device look up, as if it had answered a code. */
export function verify(state: string, consentId: string): void {
  const database = open(state);
  try {
    database.prepare("INSERT INTO verified_number VALUES (?, 'number', 'bench', 0)").run(consentId);
  } finally {
    database.close();
  }
}

/** Rows that D1 reads for a bucket of these bits: its routes, the one behind them, and the directory's size. */
export function rowsReadFor(state: string, bits: string): number {
  const database = open(state);
  try {
    const bound = (fill: string) =>
      (bits.padEnd(ROUTE_ID_SIZE * 8, fill).match(/.{4}/g) ?? [])
        .map((four) => Number.parseInt(four, 2).toString(16))
        .join("");
    const counted = database
      .prepare("SELECT COUNT(*) AS n FROM route WHERE key_version = 1 AND route_id BETWEEN ? AND ?")
      .get(bound("0"), bound("1"));
    return Number(counted?.n) + 2;
  } finally {
    database.close();
  }
}

function size(database: DatabaseSync): number {
  return Number(
    database.prepare("SELECT routes FROM directory_size WHERE key_version = 1").get()?.routes ?? 0,
  );
}

function open(state: string): DatabaseSync {
  const folder = join(state, "v3", "d1", "miniflare-D1DatabaseObject");
  const name = readdirSync(folder).find((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite");
  return new DatabaseSync(join(folder, name ?? ""));
}
