/**
 * All that a mailbox keeps. Each table's SQL is in its own store; here is what spans them: the one sequence of
 * ids, the one order of what is held, what counts against the quota, and what is due.
 *
 * What is due is skipped by every read; the alarm that erases it comes somewhat later, for several at a time.
 */
import { ERASED_WITHIN, MARK_GRACE, MAX_CLAIMS_A_DAY } from "../../protocol/limits.ts";
import type { ClaimOutcome, Erased, MailboxStatus } from "./calls.ts";
import { afterClaim, type ClaimCount, claimsToday, limitReachedAt, mayClaim } from "./claim-count.ts";
import { Counts } from "./counts.ts";
import { ERASE_BY, isDue, MAX_TTL, markEndsAt, type RevocableState } from "./expiry.ts";
import { HELD, HeldStore } from "./held-store.ts";
import { KeyStore } from "./key-store.ts";
import { arrivedAt, nextId } from "./message-id.ts";
import { MessageStore } from "./message-store.ts";
import { PermitStore } from "./permit-store.ts";
import { hasRoom, hasRoomForMark, hasRoomForUnseenMark } from "./quota.ts";
import { type NewDeposit, RevocableStore } from "./revocable-store.ts";
import {
  type EndKind,
  ONE_EPOCH,
  type Open,
  type Opening,
  StateStore,
  type Withdrawing,
} from "./state-store.ts";
import type { Occupancy } from "./window.ts";

export interface RevocableAnswer {
  readonly outcome: RevocableState;
  readonly heldUntil: number;
  /** Of the permit that it came under. */
  readonly permit?: Uint8Array | undefined;
}

export class Store {
  readonly state: StateStore;
  readonly keys: KeyStore;
  readonly held: HeldStore;
  readonly permits: PermitStore;
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;
  readonly #messages: MessageStore;
  readonly #revocables: RevocableStore;
  readonly #counts: Counts;

  readonly #live: () => Occupancy;

  /** @param live what the device was shown from memory and may have to be held any moment */
  constructor(storage: DurableObjectStorage, live: () => Occupancy) {
    this.#storage = storage;
    this.#live = live;
    this.#sql = storage.sql;
    this.state = new StateStore(storage);
    this.keys = new KeyStore(storage.sql);
    this.held = new HeldStore(storage.sql);
    this.permits = new PermitStore(storage.sql);
    this.#messages = new MessageStore(storage.sql);
    this.#revocables = new RevocableStore(storage.sql);
    this.#counts = new Counts(storage.sql);
  }

  /** All of `work` or, when it throws, none of it; what is in memory follows. */
  transaction<T>(work: () => T): T {
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      this.forget();
      throw error;
    }
  }

  /** Drops what is known in memory, after deleteAll() or a roll-back. Ids still never repeat. */
  forget(): void {
    this.#counts.forget();
    this.state.forget();
  }

  /** An id greater than any stored, given out, or (`sent`) known to a socket from before hibernation. */
  nextId(now: number, sent: number): number {
    const id = nextId(Math.max(this.#counts.lastId(now), sent), now);
    this.#counts.giveOut(id);
    return id;
  }

  hasRoom(size: number, now: number): boolean {
    return hasRoom(this.#counts.at(now), this.#live(), size);
  }

  /** @returns whether there was room */
  hold(id: number, body: Uint8Array, expires: number, now: number, introduced = false): boolean {
    if (!this.hasRoom(body.length, now)) return false;
    this.#messages.insert(id, expires, body, introduced);
    this.#counts.addHeld(body.length, expires, now);
    return true;
  }

  /** Holds what the device was shown from memory: its place was kept. */
  holdShown(id: number, body: Uint8Array, expires: number, now: number): void {
    this.#counts.at(now); // before the row comes: a count taken after it would be raised twice
    this.#messages.insert(id, expires, body, false);
    this.#counts.addHeld(body.length, expires, now);
  }

  /** Holds a revocable deposit, unless its key is known: then its state, and nothing changes. */
  holdRevocable(deposit: NewDeposit, body: Uint8Array, now: number): RevocableAnswer | undefined {
    const { key, expires } = deposit;
    const known = this.revocable(key, now);
    if (known !== undefined) return known;
    if (!hasRoomForMark(this.#counts.at(now))) return undefined;
    if (isDue(expires, now)) {
      // TTL 0 would have to be shown from memory, and then a lost answer would leave nothing to ask about and
      // nothing to revoke. It ends at once instead, with a mark, so that the sender may fall back with proof.
      this.#revocables.insertExpired(deposit, now);
      this.#counts.addMark(markEndsAt(expires), now);
      return { outcome: "expired", heldUntil: expires };
    }
    if (!this.hasRoom(body.length, now)) return undefined;
    this.#revocables.insertHeld(deposit, body);
    this.#counts.addHeld(body.length, expires, now);
    this.#counts.addMark(markEndsAt(expires), now);
    return { outcome: "held", heldUntil: expires };
  }

  revocable(key: Uint8Array, now: number): RevocableAnswer | undefined {
    const found = this.#revocables.find(key, now);
    return found && { outcome: found.state, heldUntil: found.expiresAt, permit: found.permit };
  }

  /**
   * The first of acknowledge and revoke wins, for good. A key that was never seen gets a mark, so that a copy
   * which arrives later is refused too. After expiry nobody has it and nobody will: that counts as revoked.
   *
   * @returns undefined when there is no room for one more mark; `id` when something held was taken back
   */
  revoke(
    { id, key, permit }: Omit<NewDeposit, "expires">,
    now: number,
  ): { outcome: "revoked"; revokedAt: number; id?: number } | { outcome: "already-delivered" } | undefined {
    const found = this.#revocables.find(key, now);
    if (found === undefined) {
      if (!hasRoomForUnseenMark(this.#counts.at(now))) return undefined;
      const expires = now + MAX_TTL;
      this.#revocables.insertUnseen({ id, key, expires, permit }, now);
      this.#counts.addUnseenMark(markEndsAt(expires), now);
      return { outcome: "revoked", revokedAt: now };
    }
    if (found.state === "delivered") return { outcome: "already-delivered" };
    if (found.state === "revoked") return { outcome: "revoked", revokedAt: found.endedAt ?? now };
    if (found.state === "held") this.#counts.subtractHeld(found.size, now);
    this.#revocables.end(found.id, "revoked", now);
    return { outcome: "revoked", revokedAt: now, id: found.id };
  }

  /**
   * The device has it: the row goes, or becomes a mark.
   *
   * @returns whether it was there to erase; for a revocable deposit also when this device had acknowledged it
   *   before: had the confirmation been lost, the device could not tell that from a revocation, and would
   *   never show a text whose sender was told `delivered`
   */
  erase(id: number, now: number): boolean {
    this.#counts.at(now); // before the row goes: a count taken after it would be lowered twice
    const size = this.#messages.erase(id, now);
    if (size !== undefined) {
      this.#counts.subtractHeld(size, now);
      return true;
    }
    const found = this.#revocables.findById(id, now);
    if (found?.state !== "held") return found?.state === "delivered";
    this.#revocables.end(found.id, "delivered", now);
    this.#counts.subtractHeld(found.size, now);
    return true;
  }

  /** Serves a key and counts it. What is refused writes nothing. */
  claimKey(count: ClaimCount, now: number): ClaimOutcome {
    if (!mayClaim(count, now)) return { outcome: "claim-limit" };
    return this.transaction(() => {
      const key = this.keys.claim(now);
      if (key === undefined) return { outcome: "no-one-time-key" };
      this.state.countClaims(afterClaim(count, now));
      return { outcome: "claimed", key };
    });
  }

  status(count: ClaimCount, now: number): Omit<MailboxStatus, "nonce" | "routeClaim" | "noticeVersion"> {
    const { messages, bytes } = this.#counts.at(now);
    const oldest = this.held.oldest(now);
    return {
      messages,
      bytes,
      oldest: oldest === null ? null : arrivedAt(oldest),
      ...this.keys.count(now),
      claims: {
        today: claimsToday(count, now),
        limit: MAX_CLAIMS_A_DAY,
        reachedAt: limitReachedAt(count, now),
      },
    };
  }

  /** Counts what is there, due or not, and erases it; the state stays, and is `withdrawing` from here on. */
  beginWithdrawal(open: Opening | Open, kind: EndKind, now: number): Withdrawing {
    const erased = this.#everything();
    this.#messages.eraseAll();
    this.#revocables.eraseAll();
    this.keys.eraseAll();
    this.permits.eraseAll();
    this.#counts.forget();
    return this.state.beginWithdrawal(open, kind, erased, now);
  }

  eraseDue(now: number): void {
    this.#messages.eraseDue(now);
    this.#revocables.eraseDue(now);
    this.keys.eraseDue(now);
    this.permits.eraseDue(now);
    this.#counts.forget();
  }

  /** When the alarm has to come for all that a deposit or a revocation can bring nearer, from memory. */
  nextCountedErasure(now: number): number {
    return this.#counts.at(now).eraseBy;
  }

  /** When the alarm has to come next for anything stored; infinite when nothing ends. */
  nextErasure(): number {
    const { at } = this.#sql
      .exec<{ at: number | null }>(
        `SELECT MIN(at) AS at FROM (SELECT ${ERASE_BY} AS at FROM ${HELD}
         UNION ALL SELECT expires_at + ?1 FROM one_time_key
         UNION ALL SELECT expires_at + ?1 FROM permit
         UNION ALL SELECT expires_at + ?1 + ?2 FROM revocable_deposit)`,
        ERASED_WITHIN,
        MARK_GRACE,
      )
      .one();
    return at ?? Number.POSITIVE_INFINITY;
  }

  #everything(): Erased {
    return this.#sql
      .exec<Record<keyof Erased, number>>(
        `SELECT (SELECT COUNT(*) FROM message) AS messages,
                (SELECT COALESCE(SUM(LENGTH(body)), 0) FROM ${HELD}) AS bytes,
                (SELECT COUNT(*) FROM revocable_deposit) AS revocableDeposits,
                (SELECT COUNT(*) FROM one_time_key) AS oneTimeKeys,
                (SELECT COUNT(*) FROM permit) AS permits,
                ${ONE_EPOCH} AS deliveryTokens`,
      )
      .one();
  }
}
