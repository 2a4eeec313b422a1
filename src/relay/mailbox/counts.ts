/**
 * What counts against the quota, kept in memory so that a deposit reads no row but its own mailbox's state:
 * read by one SELECT when the object wakes, after a roll-back, and when something counted has become due.
 */
import { ERASED_WITHIN, MARK_GRACE } from "../../protocol/limits.ts";
import { ERASE_BY, eraseBy } from "./expiry.ts";
import type { Tally } from "./quota.ts";

const SELECT_TALLY = `
  SELECT COUNT(*) FILTER (WHERE size IS NOT NULL AND expires_at > ?1) AS messages,
         COALESCE(SUM(size) FILTER (WHERE expires_at > ?1), 0) AS bytes,
         COUNT(*) FILTER (WHERE mark_ends_at > ?1) AS marks,
         COUNT(*) FILTER (WHERE mark_ends_at > ?1 AND unseen = 1) AS unseenMarks,
         MIN(CASE WHEN size IS NOT NULL AND expires_at > ?1 THEN expires_at
                  WHEN mark_ends_at > ?1 THEN mark_ends_at END) AS nextEnd,
         MIN(CASE WHEN size IS NOT NULL AND expires_at > ?1 THEN ${ERASE_BY}
                  WHEN mark_ends_at > ?1 THEN mark_ends_at + ?3 END) AS eraseBy,
         MAX(id) AS lastId
  FROM (SELECT id, expires_at, LENGTH(body) AS size, NULL AS mark_ends_at, 0 AS unseen FROM message
        UNION ALL SELECT id, expires_at, LENGTH(body), expires_at + ?2, unseen FROM revocable_deposit)`;

const NEVER = Number.POSITIVE_INFINITY;

export class Counts {
  readonly #sql: SqlStorage;
  #tally: Tally | undefined;
  #lastId = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  at(now: number): Tally {
    if (this.#tally === undefined || this.#tally.nextEnd <= now) {
      const row = this.#sql
        .exec<{
          messages: number;
          bytes: number;
          marks: number;
          unseenMarks: number;
          nextEnd: number | null;
          eraseBy: number | null;
          lastId: number | null;
        }>(SELECT_TALLY, now, MARK_GRACE, ERASED_WITHIN)
        .one();
      const { lastId, ...counted } = row;
      this.#tally = { ...counted, nextEnd: row.nextEnd ?? NEVER, eraseBy: row.eraseBy ?? NEVER };
      this.#lastId = Math.max(this.#lastId, lastId ?? 0);
    }
    return this.#tally;
  }

  /** The greatest id stored or given out. */
  lastId(now: number): number {
    this.at(now);
    return this.#lastId;
  }

  /** Survives {@link forget}: an id must not repeat because a transaction was rolled back. */
  giveOut(id: number): void {
    this.#lastId = id;
  }

  addHeld(size: number, expires: number, now: number): void {
    const tally = this.at(now);
    this.#tally = {
      ...tally,
      messages: tally.messages + 1,
      bytes: tally.bytes + size,
      nextEnd: Math.min(tally.nextEnd, expires),
      eraseBy: Math.min(tally.eraseBy, eraseBy(now, expires)),
    };
  }

  addMark(ends: number, now: number): void {
    const tally = this.at(now);
    this.#tally = {
      ...tally,
      marks: tally.marks + 1,
      nextEnd: Math.min(tally.nextEnd, ends),
      eraseBy: Math.min(tally.eraseBy, ends + ERASED_WITHIN),
    };
  }

  addUnseenMark(ends: number, now: number): void {
    this.addMark(ends, now);
    const tally = this.at(now);
    this.#tally = { ...tally, unseenMarks: tally.unseenMarks + 1 };
  }

  subtractHeld(size: number, now: number): void {
    const tally = this.at(now);
    this.#tally = { ...tally, messages: tally.messages - 1, bytes: tally.bytes - size };
  }

  forget(): void {
    this.#tally = undefined;
  }
}
