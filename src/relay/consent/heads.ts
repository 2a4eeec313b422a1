/**
 * The daily head of the whole ledger (protocol/ledger/head.ts): computed from the last one on, signed, kept and
 * published. Days without an event have one too, which says just that.
 */
import { type LedgerHead, linkOf } from "../../protocol/ledger/head.ts";
import { DAY } from "../../protocol/limits.ts";
import { signLedgerHead } from "../receipts/ledger-head.ts";

/** Events read at once, and reads a run: a run stays below what the platform allows, and the next day's goes on there. */
const STEP = 1000;
const STEPS = 200;

/** Heads in one answer: a year's, some 400 octets each. */
const PAGE = 366;

/**
 * Signs the head of the day of `now`, if it has none yet. Harmless twice, also at once: the first one stays.
 *
 * @param ledger the database that it is of, and the jurisdiction that this is in
 * @param now ms since 1970
 * @returns how many events it covers that the one before did not
 * @throws when D1 cannot be reached: the next run covers what this one would have
 */
export async function closeDay(
  env: Env,
  ledger: { readonly records: D1Database; readonly jurisdiction: string },
  now: number,
): Promise<number> {
  const { records, jurisdiction } = ledger;
  const day = Math.floor(now / DAY);
  const last = await newestHead(records);
  if (last !== undefined && last.day >= day) return 0;
  let { events, hash } = last ?? { events: 0, hash: "" };
  for (let step = 0; step < STEPS; step++) {
    const { results } = await records
      .prepare("SELECT place, hash FROM consent_event WHERE place > ? ORDER BY place LIMIT ?")
      .bind(events, STEP)
      .all<{ place: number; hash: string }>();
    for (const event of results) {
      hash = linkOf(hash, event.place, event.hash);
      events = event.place;
    }
    if (results.length < STEP) break;
  }
  const head: LedgerHead = { day: dayText(day), events, hash };
  const jws = await signLedgerHead(env, { ...head, jurisdiction, at: day * DAY });
  await records
    .prepare(
      `INSERT INTO ledger_head (day, events, hash, jws)
         SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM ledger_head WHERE day >= ?1)`,
    )
    .bind(day, events, hash, jws)
    .run();
  return events - (last?.events ?? 0);
}

/** Compact JWS, oldest first, from `since` on, in days since 1970. */
export async function headsSince(
  records: D1Database,
  since: number,
): Promise<{ heads: string[]; more: boolean }> {
  const { results } = await records
    .prepare("SELECT jws FROM ledger_head WHERE day >= ? ORDER BY day LIMIT ?")
    .bind(since, PAGE + 1)
    .all<{ jws: string }>();
  return { heads: results.slice(0, PAGE).map(({ jws }) => jws), more: results.length > PAGE };
}

async function newestHead(
  records: D1Database,
): Promise<{ day: number; events: number; hash: string } | undefined> {
  const row = await records
    .prepare("SELECT day, events, hash FROM ledger_head ORDER BY day DESC LIMIT 1")
    .first<{ day: number; events: number; hash: string }>();
  return row ?? undefined;
}

function dayText(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}
