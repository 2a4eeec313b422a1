/**
 * Makes of a stopped relay one whose D1 was restored to an earlier moment: it has a consent, and the mailbox, which has
 * been told of its end, is gone. An operator's step then has the daily run ask for it (docs/operations.md).
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export function loseMailbox(state: string, consentId: string): void {
  const mailboxes = join(state, "v3", "do", "restante-Mailbox");
  for (const path of databasesIn(mailboxes)) {
    if (!isOpenUnder(path, consentId)) continue;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  }
  for (const path of databasesIn(join(state, "v3", "d1", "miniflare-D1DatabaseObject"))) {
    const database = new DatabaseSync(path);
    database.exec("UPDATE consent SET ask_mailbox_after = granted_at");
    database.close();
  }
}

function databasesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".sqlite") && name !== "metadata.sqlite");
  return names.map((name) => join(folder, name));
}

function isOpenUnder(path: string, consentId: string): boolean {
  const database = new DatabaseSync(path);
  try {
    const made = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'mailbox'").get();
    if (made === undefined) return false;
    return database.prepare("SELECT 1 FROM mailbox WHERE consent_id = ?").get(consentId) !== undefined;
  } finally {
    database.close();
  }
}
