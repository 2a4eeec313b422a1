/** The `revocable_deposit` table: what is held by a sender's key, and the marks of what was. */
import { MARK_GRACE } from "../../protocol/limits.ts";
import { type RevocableState, stateAt } from "./expiry.ts";

export interface RevocableDeposit {
  readonly id: number;
  readonly state: RevocableState;
  readonly expiresAt: number;
  readonly endedAt: number | null;
  /** Octets of the body; 0 in a mark. */
  readonly size: number;
  /** Of a stranger's: the permit that it came under. */
  readonly permit: Uint8Array | undefined;
}

interface Row extends Record<string, SqlStorageValue> {
  id: number;
  expires_at: number;
  state: RevocableState;
  ended_at: number | null;
  size: number;
  permit: ArrayBuffer | null;
}

/** What a row says of a deposit when it is made. */
export interface NewDeposit {
  readonly id: number;
  readonly key: Uint8Array;
  readonly expires: number;
  /** Of a stranger's: the permit that it comes under. */
  readonly permit?: Uint8Array | undefined;
}

const COLUMNS = "id, expires_at, state, ended_at, COALESCE(LENGTH(body), 0) AS size, permit";

export class RevocableStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @returns undefined when the key was never seen or its mark has ended */
  find(key: Uint8Array, now: number): RevocableDeposit | undefined {
    return this.#select("key = ?", key, now);
  }

  findById(id: number, now: number): RevocableDeposit | undefined {
    return this.#select("id = ?", id, now);
  }

  insertHeld(deposit: NewDeposit, body: Uint8Array): void {
    this.#insert(deposit, "held", body, null);
  }

  /** The mark of a deposit that ended as it came. */
  insertExpired(deposit: NewDeposit, now: number): void {
    this.#insert(deposit, "expired", null, now);
  }

  /** The mark of a key that is revoked before any deposit has come under it. */
  insertUnseen(deposit: NewDeposit, now: number): void {
    this.#insert(deposit, "revoked", null, now, 1);
  }

  /** The body goes, the mark stays. */
  end(id: number, state: "delivered" | "revoked", now: number): void {
    this.#sql.exec(
      "UPDATE revocable_deposit SET state = ?, body = NULL, ended_at = ? WHERE id = ?",
      state,
      now,
      id,
    );
  }

  eraseAll(): void {
    this.#sql.exec("DELETE FROM revocable_deposit");
  }

  eraseDue(now: number): void {
    this.#sql.exec("DELETE FROM revocable_deposit WHERE expires_at <= ?", now - MARK_GRACE);
    this.#sql.exec(
      `UPDATE revocable_deposit SET state = 'expired', body = NULL, ended_at = expires_at
       WHERE state = 'held' AND expires_at <= ?`,
      now,
    );
  }

  #select(where: string, value: Uint8Array | number, now: number): RevocableDeposit | undefined {
    const found = this.#sql.exec<Row>(
      `SELECT ${COLUMNS} FROM revocable_deposit WHERE ${where} AND expires_at > ?`,
      value,
      now - MARK_GRACE,
    );
    const row = found.toArray()[0];
    if (row === undefined) return undefined;
    return {
      id: row.id,
      state: stateAt(row.state, row.expires_at, now),
      expiresAt: row.expires_at,
      endedAt: row.ended_at,
      size: row.size,
      permit: row.permit === null ? undefined : new Uint8Array(row.permit),
    };
  }

  #insert(
    { id, key, expires, permit }: NewDeposit,
    state: RevocableState,
    body: Uint8Array | null,
    endedAt: number | null,
    unseen = 0,
  ): void {
    // Only an ended mark that a late alarm has not erased can be in the way: find() has been asked before.
    this.#sql.exec("DELETE FROM revocable_deposit WHERE key = ?", key);
    this.#sql.exec(
      `INSERT INTO revocable_deposit (id, key, expires_at, state, body, ended_at, unseen, permit)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      key,
      expires,
      state,
      body,
      endedAt,
      unseen,
      permit ?? null,
    );
  }
}
