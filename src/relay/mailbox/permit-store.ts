/** The `permit` table: what introductions opened. */
import type { OneTimeKey } from "../../protocol/one-time-key.ts";
import { HELD } from "./held-store.ts";
import type { PermitLoad } from "./quota.ts";

export interface Permit {
  /** 16 octets, the introduction's nonce. */
  readonly id: Uint8Array;
  /** Whether it is stored. */
  readonly isOpen: boolean;
  readonly envelopes: number;
  readonly expiresAt: number;
  /** The delivery token was rotated: it opens nothing any more. */
  readonly ended: boolean;
  /** The one key that was claimed under it. */
  readonly key: OneTimeKey | undefined;
}

interface Row extends Record<string, SqlStorageValue> {
  envelopes: number;
  expires_at: number;
  ended: number;
  key_public: ArrayBuffer | null;
  key_last_resort: number | null;
  key_expires_at: number | null;
  key_signature: ArrayBuffer | null;
}

const SELECT_LOAD = `
  SELECT (SELECT COUNT(*) FROM permit WHERE expires_at > ?1 AND ended = 0) AS permits,
         COUNT(*) AS messages,
         COALESCE(SUM(LENGTH(body)), 0) AS bytes,
         (SELECT COUNT(*) FROM revocable_deposit WHERE permit IS NOT NULL AND expires_at > ?1 - ?2) AS marks
  FROM ${HELD} WHERE introduced = 1 AND expires_at > ?1`;

export class PermitStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns undefined when none was opened under this id or its time is over */
  find(id: Uint8Array, now: number): Permit | undefined {
    const found = this.#sql.exec<Row>("SELECT * FROM permit WHERE id = ? AND expires_at > ?", id, now);
    const row = found.toArray()[0];
    if (row === undefined) return undefined;
    const { envelopes, expires_at: expiresAt, ended } = row;
    return { id, isOpen: true, envelopes, expiresAt, ended: ended === 1, key: readKey(row) };
  }

  /** What strangers have in the mailbox. Not kept in memory: only strangers pay for it. */
  load(now: number, markGrace: number): PermitLoad {
    return this.#sql.exec<Record<keyof PermitLoad, number>>(SELECT_LOAD, now, markGrace).one();
  }

  /** Writes what has changed since {@link find}, or the new one: one row. */
  save({ id, envelopes, expiresAt, key }: Permit): void {
    this.#sql.exec(
      `INSERT INTO permit
         (id, envelopes, expires_at, key_public, key_last_resort, key_expires_at, key_signature)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET
         envelopes = excluded.envelopes, expires_at = excluded.expires_at, ended = 0,
         key_public = excluded.key_public, key_last_resort = excluded.key_last_resort,
         key_expires_at = excluded.key_expires_at, key_signature = excluded.key_signature`,
      id,
      envelopes,
      expiresAt,
      key?.publicKey ?? null,
      key === undefined ? null : Number(key.lastResort),
      key?.expires ?? null,
      key?.signature ?? null,
    );
  }

  /** From here on none of them lets anybody in, nor opens again. */
  endAll(): void {
    this.#sql.exec(
      `UPDATE permit SET ended = 1, key_public = NULL, key_last_resort = NULL, key_expires_at = NULL,
       key_signature = NULL`,
    );
  }

  eraseAll(): void {
    this.#sql.exec("DELETE FROM permit");
  }

  eraseDue(now: number): void {
    this.#sql.exec("DELETE FROM permit WHERE expires_at <= ?", now);
  }
}

function readKey(row: Row): OneTimeKey | undefined {
  const { key_public, key_last_resort, key_expires_at, key_signature } = row;
  if (key_public === null || key_expires_at === null || key_signature === null) return undefined;
  return {
    publicKey: new Uint8Array(key_public),
    lastResort: key_last_resort === 1,
    expires: key_expires_at,
    signature: new Uint8Array(key_signature),
  };
}
