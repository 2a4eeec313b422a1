/**
 * Claims that have come into effect. They are served from that moment on (bucket-store.ts); this makes the tables say
 * so too: the old device's purpose `discovery` ends, with its routes and its verified number, and triggers give them to whoever claims
 * them (migrations/0003_directory.sql). The ledger tells that it was neither withdrawn nor narrowed.
 *
 * The old device's mailbox goes first: strangers who found it by the number may not begin any more. If it does not
 * answer, nothing is settled now, and the next call that touches the route, or the daily run, tries again.
 */
import { parseAddress } from "../../protocol/address.ts";
import { followingEvent } from "../consent/event.ts";
import { appendEventIf, newestEvent } from "../consent/ledger.ts";
import { mailboxOf } from "../mailbox/stub.ts";

/** Whose place somebody else takes. */
export interface Holder {
  readonly consentId: string;
  readonly address: string;
}

/** A renewal may take the event's place in the ledger a few times at most. */
const ATTEMPTS = 3;

const DUE = `EXISTS (SELECT 1 FROM route r JOIN route_claim k
    ON k.key_version = r.key_version AND k.route_id = r.route_id WHERE r.consent_id = ? AND k.effective_at <= ?)`;

/**
 * Ends a device's being found, if a claim on its route is in effect. Harmless twice, also at once.
 *
 * @param now ms since 1970
 * @returns whether nothing is due any more; false when the mailbox did not answer
 */
export async function settle(env: Env, { consentId, address }: Holder, now: number): Promise<boolean> {
  // The claim may have been given up since it was read, and the mailbox would turn strangers away for nothing.
  if (!(await isDue(env.RECORDS, consentId, now))) return true;
  const parsed = parseAddress(address);
  const mailbox = parsed && mailboxOf(env, parsed);
  if ((await mailbox?.endIntroductions(consentId))?.outcome === "unavailable") return false;
  for (let attempt = 1; ; attempt++) {
    const event = followingEvent(await newestEvent(env.RECORDS, consentId), {
      consentId,
      kind: "superseded",
      occurredAt: now,
      noticeHash: null,
      statementHash: null,
    });
    try {
      await env.RECORDS.batch([
        appendEventIf(env.RECORDS, event, DUE, [consentId, now]),
        endVerifiedNumber(env.RECORDS, consentId, now),
        env.RECORDS.prepare(
          `DELETE FROM consent_purpose WHERE consent_id = ? AND purpose = 'discovery' AND ${DUE}`,
        ).bind(consentId, consentId, now),
      ]);
      return true;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * The old device loses the number's keyed hash as well: with it, it could go on using up the budgets of a number that
 * is another's now. What it verified after the claimant did stays.
 */
function endVerifiedNumber(records: D1Database, consentId: string, now: number): D1PreparedStatement {
  return records
    .prepare(
      `DELETE FROM verified_number WHERE consent_id = ?1 AND EXISTS (SELECT 1 FROM route r JOIN route_claim k
         ON k.key_version = r.key_version AND k.route_id = r.route_id
         WHERE r.consent_id = ?1 AND k.effective_at <= ?2 AND verified_number.verified_at < k.verified_at)`,
    )
    .bind(consentId, now);
}

async function isDue(records: D1Database, consentId: string, now: number): Promise<boolean> {
  const row = await records.prepare(`SELECT ${DUE} AS due`).bind(consentId, now).first<{ due: number }>();
  return row?.due === 1;
}

/** @param limit so many at once; the rest is still due the next time */
export async function dueHolders(records: D1Database, now: number, limit: number): Promise<Holder[]> {
  const { results } = await records
    .prepare(
      `SELECT DISTINCT r.consent_id AS consentId, c.address
         FROM route_claim k JOIN route r ON r.key_version = k.key_version AND r.route_id = k.route_id
           JOIN consent c ON c.consent_id = r.consent_id
         WHERE k.effective_at <= ? LIMIT ?`,
    )
    .bind(now, limit)
    .all<Holder>();
  return results;
}
