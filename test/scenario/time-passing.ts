/**
 * Makes what a stopped relay stores older. Its mailboxes: what says when they are to be looked at, and when their devices were last
 * there, moves back. So they lie there as they would when so many days have passed, and workerd's own alarm finds them.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DAY } from "../../src/protocol/limits.ts";

/** workerd's index of alarms. */
const ALARMS = "metadata.sqlite";
/** In `_cf_METADATA`, where the object's own database has its alarm: workerd fires none that the two differ about. */
const ALARM_KEY = 1;

/** Times of held mail stay as they are: it is not what this is for. */
export function letDaysPass(state: string, days: number): void {
  const folder = join(state, "v3", "do", "restante-Mailbox");
  const nanoseconds = BigInt(days) * BigInt(DAY) * 1_000_000n;
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".sqlite"))) {
    const database = new DatabaseSync(join(folder, name));
    try {
      const has = (table: string) =>
        database.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(table) !== undefined;
      if (name === ALARMS)
        database.prepare("UPDATE _cf_ALARM SET scheduled_time = scheduled_time - ?").run(nanoseconds);
      else if (has("mailbox")) {
        database
          .prepare("UPDATE mailbox SET seen_day = seen_day - ?, confirm_by = confirm_by - ?")
          .run(days, days * DAY);
        database
          .prepare("UPDATE _cf_METADATA SET value = value - ? WHERE key = ?")
          .run(nanoseconds, ALARM_KEY);
      }
    } finally {
      database.close();
    }
  }
}

/**
 * The records that are left of a consent are due to be purged, as they are years after its end. When they were made is in
 * hashes and stays; the triggers that keep the ledger as it is are taken away for as long as this takes.
 */
export function letRecordsAge(state: string, consentId: string): void {
  const folder = join(state, "v3", "d1", "miniflare-D1DatabaseObject");
  const aged = readdirSync(folder).filter((name) => {
    if (!name.endsWith(".sqlite") || name === ALARMS) return false;
    const database = new DatabaseSync(join(folder, name));
    try {
      const triggers = database
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'consent_event'")
        .all();
      for (const trigger of triggers) database.exec(`DROP TRIGGER ${trigger.name}`);
      let rows = 0n;
      for (const table of ["consent_event", "consent_receipt"])
        rows += BigInt(
          database.prepare(`UPDATE ${table} SET purge_after = 1 WHERE consent_id = ?`).run(consentId).changes,
        );
      for (const trigger of triggers) database.exec(String(trigger.sql));
      return rows > 0n;
    } finally {
      database.close();
    }
  });
  if (aged.length !== 1) throw new Error("No database of records has this consent.");
}
