/** What is held, messages and revocable deposits in the one order of their ids: only reads, across both tables. */
import { MAX_PULL_BYTES, MAX_PULL_MESSAGES } from "../../protocol/limits.ts";
import type { HeldMessage } from "./calls.ts";
import type { StoredFrame } from "./line.ts";

/** Messages and held revocable deposits, due or not, as one table. */
export const HELD = `(SELECT id, expires_at, body, 0 AS revocable, introduced FROM message
  UNION ALL SELECT id, expires_at, body, 1, permit IS NOT NULL FROM revocable_deposit WHERE state = 'held')`;

interface HeldRow extends Record<string, SqlStorageValue> {
  id: number;
  expires_at: number;
  body: ArrayBuffer;
  revocable: number;
}

export class HeldStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * What is held with an id above `after`, oldest first, read as it is asked for. Not of {@link HELD}: to order that,
   * SQLite reads and sorts all that is held, bodies included, at each of the calls that show a window's worth. This it
   * merges, a row at a time.
   */
  *waiting(after: number, now: number): Generator<HeldMessage> {
    const rows = this.#sql.exec<HeldRow>(
      `SELECT id, expires_at, body, 0 AS revocable FROM message WHERE id > ?1 AND expires_at > ?2
        UNION ALL SELECT id, expires_at, body, 1 FROM revocable_deposit
          WHERE id > ?1 AND expires_at > ?2 AND state = 'held'
        ORDER BY id`,
      after,
      now,
    );
    for (const { id, expires_at, body, revocable } of rows)
      yield { id, body: new Uint8Array(body), heldUntil: expires_at, revocable: revocable === 1 };
  }

  /** What a socket was sent before hibernation and is not acknowledged, due or not. */
  sent(through: number): StoredFrame[] {
    return this.#sql
      .exec<{ id: number; size: number; expiresAt: number }>(
        `SELECT id, LENGTH(body) AS size, expires_at AS expiresAt FROM ${HELD} WHERE id <= ?`,
        through,
      )
      .toArray();
  }

  pull(limit: number, now: number): { messages: HeldMessage[]; more: boolean } {
    const messages: HeldMessage[] = [];
    let bytes = 0;
    for (const message of this.waiting(0, now)) {
      bytes += message.body.length;
      if (messages.length >= Math.min(limit, MAX_PULL_MESSAGES) || bytes > MAX_PULL_BYTES)
        return { messages, more: true };
      messages.push(message);
    }
    return { messages, more: false };
  }

  /** The id of the oldest, or null. */
  oldest(now: number): number | null {
    return this.#sql
      .exec<{ id: number | null }>(`SELECT MIN(id) AS id FROM ${HELD} WHERE expires_at > ?`, now)
      .one().id;
  }
}
