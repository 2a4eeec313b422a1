/** The `mailbox` table: one row that says whether this mailbox is open, under what, or going. */

import { EPOCH_SIZE } from "../../protocol/delivery-token.ts";
import type { Erased } from "./calls.ts";
import type { ClaimCount } from "./claim-count.ts";
import { dayOf } from "./lapse.ts";
import { isMade, runSteps, STEPS } from "./schema.ts";

/** A mailbox has one at a time: whoever holds a delivery token of it holds the same. */
export const ONE_EPOCH = 1;

export interface Open {
  readonly status: "open";
  readonly consentId: string;
  readonly address: string;
  /** Of the notice that was agreed to. */
  readonly noticeVersion: number;
  readonly epoch: Uint8Array;
  readonly nonce: number;
  readonly claims: ClaimCount;
  /** Whether an introduction may open a permit. */
  readonly introductions: boolean;
  /** Whether one may as soon as D1 confirms it. */
  readonly introductionsPending: boolean;
  /** The UTC day on which the device was last here, in days since 1970. */
  readonly seenDay: number;
  /** When another device takes over the route of this one's number, ms since 1970; also after that. */
  readonly routeClaim: number | null;
}
/** Made, and not confirmed yet: it lets nobody in (opening.ts). */
export interface Opening extends Omit<Open, "status"> {
  readonly status: "opening";
  /** When its alarm asks D1 itself, ms since 1970. */
  readonly confirmBy: number;
}
export interface Withdrawing {
  readonly status: "withdrawing";
  readonly consentId: string;
  readonly address: string;
  readonly erased: Erased;
  /** Whether its owner said so, or has not come by. */
  readonly kind: EndKind;
  /** When it began. */
  readonly at: number;
}
export type EndKind = "withdrawn" | "lapsed";
export type State = { readonly status: "absent" } | Opening | Open | Withdrawing;

export interface Grant {
  readonly consentId: string;
  readonly address: string;
  readonly noticeVersion: number;
  readonly nonce: number;
  readonly introductions: boolean;
}

interface Row extends Record<string, SqlStorageValue> {
  schema_step: number;
  state: "open" | "withdrawing";
  consent_id: string;
  address: string;
  notice_version: number;
  epoch: ArrayBuffer;
  nonce: number;
  claim_day: number;
  claims: number;
  claim_limit_reached_at: number | null;
  /** 0: none is taken. 1: an introduction may open a permit. 2: not yet, but when D1 has confirmed it (opening.ts). */
  introductions: 0 | 1 | 2;
  seen_day: number;
  route_claim: number | null;
  lapsed: number;
  confirm_by: number | null;
  withdrawn_at: number | null;
  erased_messages: number | null;
  erased_bytes: number | null;
  erased_revocable_deposits: number | null;
  erased_one_time_keys: number | null;
  erased_permits: number | null;
}

export class StateStore {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  /** Known to be there. Never known to be missing: that is asked each time. */
  #made = false;
  /** As last read, while it is open: every call asks for it, and few change it. */
  #open: Open | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  read(): State {
    if (this.#open !== undefined) return this.#open;
    const state = this.#read();
    if (state.status === "open") this.#open = state;
    return state;
  }

  #read(): State {
    this.#made ||= isMade(this.#sql);
    if (!this.#made) return { status: "absent" };
    const row = this.#row();
    const { consent_id: consentId, address } = row;
    if (row.state === "open") {
      const epoch = new Uint8Array(row.epoch);
      const { nonce, claim_day: day, claims, claim_limit_reached_at: reachedAt } = row;
      const introductions = row.introductions === 1;
      const introductionsPending = row.introductions === 2;
      const route = { seenDay: row.seen_day, routeClaim: row.route_claim };
      const claimed = { day, claims, reachedAt };
      const grant = { consentId, address, noticeVersion: row.notice_version, introductions };
      const open = { ...grant, introductionsPending, epoch, nonce, claims: claimed, ...route };
      if (row.confirm_by !== null) return { status: "opening", ...open, confirmBy: row.confirm_by };
      return { status: "open", ...open };
    }
    return {
      status: "withdrawing",
      consentId,
      address,
      erased: {
        messages: row.erased_messages ?? 0,
        bytes: row.erased_bytes ?? 0,
        revocableDeposits: row.erased_revocable_deposits ?? 0,
        oneTimeKeys: row.erased_one_time_keys ?? 0,
        permits: row.erased_permits ?? 0,
        deliveryTokens: ONE_EPOCH,
      },
      kind: row.lapsed === 1 ? "lapsed" : "withdrawn",
      at: row.withdrawn_at ?? 0,
    };
  }

  /** Makes the tables and the row: the only way from absent to opening. */
  create(grant: Grant, now: number, confirmBy: number): Uint8Array {
    const epoch = newEpoch();
    runSteps(this.#sql, 0);
    this.#write(
      `INSERT INTO mailbox
         (id, schema_step, state, consent_id, address, notice_version, epoch, nonce, opened_at, introductions,
          seen_day, confirm_by)
       VALUES (1, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      STEPS.length,
      grant.consentId,
      grant.address,
      grant.noticeVersion,
      epoch,
      grant.nonce,
      now,
      grant.introductions ? 2 : 0,
      dayOf(now),
      confirmBy,
    );
    return epoch;
  }

  /**
   * A claim that came into effect has been told by now.
   *
   * @param confirmBy null: it stays open
   */
  takeOver(grant: Grant, now: number, confirmBy: number | null): void {
    this.#write(
      `UPDATE mailbox SET consent_id = ?, notice_version = ?, nonce = ?, seen_day = ?,
         introductions = CASE WHEN NOT ? THEN 0 WHEN introductions = 0 THEN 2 ELSE introductions END,
         confirm_by = ?, route_claim = CASE WHEN route_claim > ? THEN route_claim END`,
      grant.consentId,
      grant.noticeVersion,
      grant.nonce,
      dayOf(now),
      Number(grant.introductions),
      confirmBy,
      now,
    );
  }

  /**
   * From here on it is open.
   *
   * @param introductions whether pending ones are, too
   */
  confirm(introductions: boolean): void {
    this.#write("UPDATE mailbox SET confirm_by = NULL");
    if (introductions) this.#write("UPDATE mailbox SET introductions = 1 WHERE introductions = 2");
  }

  /** The device is here. */
  see(now: number): void {
    this.#write("UPDATE mailbox SET seen_day = ?", dayOf(now));
  }

  noteRouteClaim(effectiveAt: number | null): void {
    this.#write("UPDATE mailbox SET route_claim = ?", effectiveAt);
  }

  endIntroductions(): void {
    this.#write("UPDATE mailbox SET introductions = 0");
  }

  useNonce(nonce: number, now: number): void {
    this.#write("UPDATE mailbox SET nonce = ?, seen_day = ?", nonce, dayOf(now));
  }

  countClaims({ day, claims, reachedAt }: ClaimCount): void {
    this.#write(
      "UPDATE mailbox SET claim_day = ?, claims = ?, claim_limit_reached_at = ?",
      day,
      claims,
      reachedAt,
    );
  }

  /** From here on the old delivery tokens do not open it. */
  rotate(nonce: number, now: number): Uint8Array {
    const epoch = newEpoch();
    this.#write("UPDATE mailbox SET epoch = ?, nonce = ?, seen_day = ?", epoch, nonce, dayOf(now));
    return epoch;
  }

  beginWithdrawal(
    { consentId, address }: Opening | Open,
    kind: EndKind,
    erased: Erased,
    now: number,
  ): Withdrawing {
    this.#write(
      `UPDATE mailbox SET state = 'withdrawing', lapsed = ?, withdrawn_at = ?, erased_messages = ?, erased_bytes = ?,
       erased_revocable_deposits = ?, erased_one_time_keys = ?, erased_permits = ?`,
      Number(kind === "lapsed"),
      now,
      erased.messages,
      erased.bytes,
      erased.revocableDeposits,
      erased.oneTimeKeys,
      erased.permits,
    );
    return { status: "withdrawing", consentId, address, erased, kind, at: now };
  }

  /** After deleteAll(), or when a transaction was rolled back: it may have made the tables, or changed the row. */
  forget(): void {
    this.#made = false;
    this.#open = undefined;
  }

  #write(query: string, ...bindings: (SqlStorageValue | Uint8Array)[]): void {
    this.#open = undefined;
    this.#sql.exec(query, ...bindings);
  }

  /** Also of a mailbox from before the newest step, which it takes first: later steps add columns to this row. */
  #row(): Row {
    const row = this.#sql.exec<Row>("SELECT * FROM mailbox").one();
    if (row.schema_step >= STEPS.length) return row;
    this.#storage.transactionSync(() => {
      runSteps(this.#sql, row.schema_step);
      this.#sql.exec("UPDATE mailbox SET schema_step = ?", STEPS.length);
    });
    return this.#sql.exec<Row>("SELECT * FROM mailbox").one();
  }
}

function newEpoch(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(EPOCH_SIZE));
}
