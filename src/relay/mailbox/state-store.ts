/** The `mailbox` table: one row that says whether this mailbox is open, under what, or going. */
import { EPOCH_SIZE } from "../../protocol/delivery-token.ts";
import type { Erased } from "./calls.ts";
import { isMade, runSteps, STEPS } from "./schema.ts";

export interface Open {
  readonly status: "open";
  readonly consentId: string;
  readonly address: string;
  readonly epoch: Uint8Array;
  readonly nonce: number;
}
export interface Withdrawing {
  readonly status: "withdrawing";
  readonly consentId: string;
  readonly address: string;
  readonly erased: Erased;
  /** When it began. */
  readonly at: number;
}
export type State = { readonly status: "absent" } | Open | Withdrawing;

export interface Grant {
  readonly consentId: string;
  readonly address: string;
  readonly noticeVersion: number;
  readonly nonce: number;
}

interface Row extends Record<string, SqlStorageValue> {
  schema_step: number;
  state: "open" | "withdrawing";
  consent_id: string;
  address: string;
  epoch: ArrayBuffer;
  nonce: number;
  withdrawn_at: number | null;
  erased_messages: number | null;
  erased_bytes: number | null;
  erased_revocable_deposits: number | null;
  erased_one_time_keys: number | null;
}

export class StateStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Known to be there. Never known to be missing: that is asked each time. */
  #made = false;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  read(): State {
    this.#made ||= isMade(this.#sql);
    if (!this.#made) return { status: "absent" };
    const row = this.#sql.exec<Row>("SELECT * FROM mailbox").one();
    if (row.schema_step < STEPS.length) this.#upgrade(row.schema_step);
    const { consent_id: consentId, address } = row;
    if (row.state === "open")
      return { status: "open", consentId, address, epoch: new Uint8Array(row.epoch), nonce: row.nonce };
    return {
      status: "withdrawing",
      consentId,
      address,
      erased: {
        messages: row.erased_messages ?? 0,
        bytes: row.erased_bytes ?? 0,
        revocableDeposits: row.erased_revocable_deposits ?? 0,
        oneTimeKeys: row.erased_one_time_keys ?? 0,
      },
      at: row.withdrawn_at ?? 0,
    };
  }

  /** Makes the tables and the row: the only way from absent to open. */
  create(grant: Grant, now: number): Uint8Array {
    const epoch = newEpoch();
    runSteps(this.#sql, 0);
    this.#sql.exec(
      `INSERT INTO mailbox (id, schema_step, state, consent_id, address, notice_version, epoch, nonce, opened_at)
       VALUES (1, ?, 'open', ?, ?, ?, ?, ?, ?)`,
      STEPS.length,
      grant.consentId,
      grant.address,
      grant.noticeVersion,
      epoch,
      grant.nonce,
      now,
    );
    return epoch;
  }

  takeOver(grant: Grant): void {
    this.#sql.exec(
      "UPDATE mailbox SET consent_id = ?, notice_version = ?, nonce = ?",
      grant.consentId,
      grant.noticeVersion,
      grant.nonce,
    );
  }

  useNonce(nonce: number): void {
    this.#sql.exec("UPDATE mailbox SET nonce = ?", nonce);
  }

  /** From here on the old delivery tokens do not open it. */
  rotate(nonce: number): Uint8Array {
    const epoch = newEpoch();
    this.#sql.exec("UPDATE mailbox SET epoch = ?, nonce = ?", epoch, nonce);
    return epoch;
  }

  beginWithdrawal({ consentId, address }: Open, erased: Erased, now: number): Withdrawing {
    this.#sql.exec(
      `UPDATE mailbox SET state = 'withdrawing', withdrawn_at = ?, erased_messages = ?, erased_bytes = ?,
       erased_revocable_deposits = ?, erased_one_time_keys = ?`,
      now,
      erased.messages,
      erased.bytes,
      erased.revocableDeposits,
      erased.oneTimeKeys,
    );
    return { status: "withdrawing", consentId, address, erased, at: now };
  }

  /** After deleteAll(), or when a transaction that may have made the tables was rolled back. */
  forget(): void {
    this.#made = false;
  }

  #upgrade(from: number): void {
    this.#storage.transactionSync(() => {
      runSteps(this.#sql, from);
      this.#sql.exec("UPDATE mailbox SET schema_step = ?", STEPS.length);
    });
  }
}

function newEpoch(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(EPOCH_SIZE));
}
