/** The `one_time_key` table: what strangers to this device found a channel on. */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { keyId, type OneTimeKey } from "../../protocol/one-time-key.ts";

interface Row extends Record<string, SqlStorageValue> {
  id: ArrayBuffer;
  public_key: ArrayBuffer;
  last_resort: number;
  expires_at: number;
  signature: ArrayBuffer;
}

export class KeyStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * The new pool takes the place of the old one. A key that is in it twice is in it once.
   *
   * @returns ids of the one-time keys of the old pool that are not in the new one: a claim would have deleted
   *   them, so nobody has them. A last-resort key stays when it is served: of it that is not known.
   */
  replace(keys: readonly OneTimeKey[]): Uint8Array[] {
    const old = this.#sql
      .exec<{ id: ArrayBuffer; last_resort: number }>("DELETE FROM one_time_key RETURNING id, last_resort")
      .toArray();
    const kept = new Set<string>();
    for (const key of keys) {
      const id = keyId(key.publicKey);
      kept.add(encodeBase64url(id));
      this.#sql.exec(
        `INSERT OR IGNORE INTO one_time_key (id, public_key, last_resort, expires_at, signature)
         VALUES (?, ?, ?, ?, ?)`,
        id,
        key.publicKey,
        key.lastResort ? 1 : 0,
        key.expires,
        key.signature,
      );
    }
    return old
      .filter(({ last_resort }) => last_resort === 0)
      .map(({ id }) => new Uint8Array(id))
      .filter((id) => !kept.has(encodeBase64url(id)));
  }

  /** Serves a one-time key, which is gone with it; when none is left, the last-resort key, which stays. */
  claim(now: number): OneTimeKey | undefined {
    const servable = this.#sql.exec<Row>(
      "SELECT * FROM one_time_key WHERE expires_at > ? ORDER BY last_resort, id LIMIT 1",
      now,
    );
    const row = servable.toArray()[0];
    if (row === undefined) return undefined;
    const lastResort = row.last_resort === 1;
    if (!lastResort) this.#sql.exec("DELETE FROM one_time_key WHERE id = ?", row.id);
    return {
      publicKey: new Uint8Array(row.public_key),
      lastResort,
      expires: row.expires_at,
      signature: new Uint8Array(row.signature),
    };
  }

  count(now: number): { oneTimeKeys: number; lastResortKey: boolean } {
    const row = this.#sql
      .exec<{ one_time: number; last_resort: number }>(
        `SELECT COUNT(*) FILTER (WHERE last_resort = 0) AS one_time,
                COUNT(*) FILTER (WHERE last_resort = 1) AS last_resort
         FROM one_time_key WHERE expires_at > ?`,
        now,
      )
      .one();
    return { oneTimeKeys: row.one_time, lastResortKey: row.last_resort > 0 };
  }

  eraseAll(): void {
    this.#sql.exec("DELETE FROM one_time_key");
  }

  eraseDue(now: number): void {
    this.#sql.exec("DELETE FROM one_time_key WHERE expires_at <= ?", now);
  }
}
