/**
 * Makes a stopped relay's mailboxes older: what says when they are to be looked at, and when their devices were last
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
