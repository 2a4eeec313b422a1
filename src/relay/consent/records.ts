/** The consents in force, in D1: one row a device, one row a purpose. */
import { PURPOSES } from "../../protocol/consent-statement.ts";
import type { ConsentEvent } from "../../protocol/ledger/event.ts";
import { followNotice } from "../directory/notice-version.ts";
import { dayOf, lapsesAt } from "../mailbox/lapse.ts";
import { appendEvent } from "./ledger.ts";
import type { ConsentRecord } from "./record.ts";

interface ConsentRow {
  address: string;
  consent_id: string;
  controller: string;
  notice_version: number;
  notice_hash: string;
  jurisdiction: string;
  method: string;
  granted_at: number;
  statement: string;
  signature: string;
  statement_hash: string;
  receipt: string;
  /** Separated by spaces, in no order. */
  purposes: string | null;
}

/** The device's consent in force. */
export async function consentOf(records: D1Database, address: string): Promise<ConsentRecord | undefined> {
  const row = await records
    .prepare(
      `SELECT *, (SELECT group_concat(purpose, ' ') FROM consent_purpose p WHERE p.consent_id = c.consent_id)
         AS purposes FROM consent c WHERE address = ?`,
    )
    .bind(address)
    .first<ConsentRow>();
  if (row === null) return undefined;
  const granted = row.purposes?.split(" ") ?? [];
  return {
    address: row.address,
    consentId: row.consent_id,
    controller: row.controller,
    noticeVersion: row.notice_version,
    noticeHash: row.notice_hash,
    purposes: PURPOSES.filter((purpose) => granted.includes(purpose)),
    jurisdiction: row.jurisdiction,
    method: row.method,
    grantedAt: row.granted_at,
    statement: row.statement,
    signature: row.signature,
    statementHash: row.statement_hash,
    receipt: row.receipt,
  };
}

/**
 * Notes that a consent's mailbox is there, which from then on ends it (unopened.ts).
 *
 * @returns what the consent has to say to the mailbox; undefined when it is not in force
 */
export async function noteMailbox(
  records: D1Database,
  consentId: string,
): Promise<{ readonly discovery: boolean } | undefined> {
  const row = await records
    .prepare(
      `UPDATE consent SET ask_mailbox_after = NULL WHERE consent_id = ?1 RETURNING EXISTS (
         SELECT 1 FROM consent_purpose p WHERE p.consent_id = ?1 AND p.purpose = 'discovery') AS discovery`,
    )
    .bind(consentId)
    .first<{ discovery: number }>();
  return row === null ? undefined : { discovery: row.discovery === 1 };
}

/** The receipt of a consent's end, while it is kept. */
export async function erasureReceipt(
  records: D1Database,
  consentId: string,
  now: number,
): Promise<string | undefined> {
  const row = await records
    .prepare("SELECT receipt FROM consent_receipt WHERE consent_id = ? AND purge_after > ?")
    .bind(consentId, now)
    .first<{ receipt: string }>();
  return row?.receipt;
}

/** The last receipt under a consent id: of the consent while it is in force, then of its erasure for a while. */
export async function lastReceipt(
  records: D1Database,
  consentId: string,
  now: number,
): Promise<string | undefined> {
  const row = await records
    .prepare(
      `SELECT receipt FROM consent_receipt WHERE consent_id = ?1 AND purge_after > ?2
       UNION ALL SELECT receipt FROM consent WHERE consent_id = ?1`,
    )
    .bind(consentId, now)
    .first<{ receipt: string }>();
  return row?.receipt;
}

/**
 * Writes a grant and its event: all of it or nothing.
 *
 * @throws when the device has a consent already, or the statement has been used
 */
export async function writeGrant(
  records: D1Database,
  record: ConsentRecord,
  event: ConsentEvent,
): Promise<void> {
  const columns = {
    ...columnsOf(record),
    // As long as a mailbox that its device never comes back to.
    ask_mailbox_after: lapsesAt(dayOf(record.grantedAt)),
  };
  const names = Object.keys(columns);
  await records.batch([
    appendEvent(records, event),
    records
      .prepare(`INSERT INTO consent (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`)
      .bind(...Object.values(columns)),
    ...insertPurposes(records, record),
  ]);
}

/**
 * Replaces record and purposes of the consent that `record.consentId` names, with its event: all or nothing. A
 * purpose that stays keeps its row, and so what hangs on it; one that is not granted any more takes that along.
 *
 * @throws when the consent was renewed or ended meanwhile, since the event's place is then taken
 */
export async function writeRenewal(
  records: D1Database,
  record: ConsentRecord,
  event: ConsentEvent,
): Promise<void> {
  const { address: _, consent_id, ...changed } = columnsOf(record);
  const set = Object.keys(changed).map((name) => `${name} = ?`);
  await records.batch([
    appendEvent(records, event),
    records
      .prepare(`UPDATE consent SET ${set.join(", ")} WHERE consent_id = ?`)
      .bind(...Object.values(changed), consent_id),
    records
      .prepare(
        `DELETE FROM consent_purpose WHERE consent_id = ?
           AND purpose NOT IN (${record.purposes.map(() => "?").join(", ")})`,
      )
      .bind(consent_id, ...record.purposes),
    ...insertPurposes(records, record),
    ...followNotice(records, record.consentId, record.noticeVersion),
  ]);
}

function insertPurposes(records: D1Database, record: ConsentRecord): D1PreparedStatement[] {
  return record.purposes.map((purpose) =>
    records
      .prepare(
        `INSERT INTO consent_purpose (consent_id, purpose, granted_at) VALUES (?, ?, ?)
           ON CONFLICT (consent_id, purpose) DO UPDATE SET granted_at = excluded.granted_at`,
      )
      .bind(record.consentId, purpose, record.grantedAt),
  );
}

function columnsOf(record: ConsentRecord): Omit<ConsentRow, "purposes"> {
  return {
    address: record.address,
    consent_id: record.consentId,
    controller: record.controller,
    notice_version: record.noticeVersion,
    notice_hash: record.noticeHash,
    jurisdiction: record.jurisdiction,
    method: record.method,
    granted_at: record.grantedAt,
    statement: record.statement,
    signature: record.signature,
    statement_hash: record.statementHash,
    receipt: record.receipt,
  };
}
