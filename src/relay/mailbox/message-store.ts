/** The `message` table. */
export class MessageStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** @param introduced whether it came under a permit */
  insert(id: number, expires: number, body: Uint8Array, introduced: boolean): void {
    this.#sql.exec(
      "INSERT INTO message (id, expires_at, body, introduced) VALUES (?, ?, ?, ?)",
      id,
      expires,
      body,
      Number(introduced),
    );
  }

  /** @returns octets erased, or undefined when there is no such message, or it is due */
  erase(id: number, now: number): number | undefined {
    const erased = this.#sql.exec<{ size: number }>(
      "DELETE FROM message WHERE id = ? AND expires_at > ? RETURNING LENGTH(body) AS size",
      id,
      now,
    );
    return erased.toArray()[0]?.size;
  }

  eraseAll(): void {
    this.#sql.exec("DELETE FROM message");
  }

  eraseDue(now: number): void {
    this.#sql.exec("DELETE FROM message WHERE expires_at <= ?", now);
  }
}
