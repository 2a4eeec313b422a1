/**
 * A sender with an introduction: somebody who knows the number and was given no delivery token. A stranger must not
 * learn who is online. So nothing is answered later because the device is there or sooner because it is not, and
 * what the device has acknowledged stays `held` until its time ends; only a revocation has to tell.
 *
 * The first call that something comes of opens a permit, in the transaction that stores it: what is refused spends
 * nothing. The same introduction finds the same permit, so a double never gets a second key or twenty envelopes more.
 */
import { MARK_GRACE, PERMIT_LIFE } from "../../protocol/limits.ts";
import type { ClaimOutcome, DepositOutcome, Introduction, NotAuthorized } from "./calls.ts";
import { expiresAt, isDue } from "./expiry.ts";
import { NOT_AUTHORIZED, sameOctets, takesMail } from "./guard.ts";
import type { Permit } from "./permit-store.ts";
import {
  hasRoomForIntroduced,
  hasRoomForIntroducedMark,
  hasRoomForPermit,
  mayLeaveAnother,
  type PermitLoad,
} from "./quota.ts";
import { EXPIRED, FULL, NO_DEPOSIT, revocation, type Sender, type SenderParts, tell } from "./sender.ts";
import type { Open } from "./state-store.ts";
import type { RevocableAnswer } from "./store.ts";

const NO_KEY = { outcome: "no-one-time-key" } as const;

export class Stranger implements Sender {
  readonly #parts: SenderParts;
  readonly #introduction: Introduction;

  constructor(parts: SenderParts, introduction: Introduction) {
    this.#parts = parts;
    this.#introduction = introduction;
  }

  async deposit(envelope: Uint8Array, ttl: number): Promise<DepositOutcome> {
    const { guard, store, delivery, gathered } = this.#parts;
    if (ttl === 0) return guard.attempt((now) => this.#admitted(now, () => EXPIRED));
    return gathered((now) =>
      this.#admitted(now, (permit) => {
        if (!this.#hasRoom(permit, now, (load) => hasRoomForIntroduced(load, envelope.length))) return FULL;
        const heldUntil = expiresAt(now, ttl);
        if (!store.hold(delivery.nextId(now), envelope, heldUntil, now, true)) return FULL;
        this.#count(permit);
        return { outcome: "held", heldUntil } as const;
      }),
    );
  }

  async depositRevocable(key: Uint8Array, envelope: Uint8Array, ttl: number) {
    const { store, delivery, gathered } = this.#parts;
    return gathered((now) =>
      this.#admitted(now, (permit) => {
        const known = store.revocable(key, now);
        if (known !== undefined) return this.#owns(known) ? tellStranger(known, now) : NOT_AUTHORIZED;
        const size = ttl === 0 ? 0 : envelope.length;
        const fits = (load: PermitLoad) =>
          hasRoomForIntroducedMark(load) && (size === 0 || hasRoomForIntroduced(load, size));
        if (!this.#hasRoom(permit, now, fits)) return FULL;
        const deposit = { id: delivery.nextId(now), key, expires: expiresAt(now, ttl), permit: permit.id };
        const answer = store.holdRevocable(deposit, envelope, now);
        if (answer === undefined) return FULL;
        this.#count(permit);
        return tell(answer);
      }),
    );
  }

  depositState(key: Uint8Array) {
    const { guard, store } = this.#parts;
    return guard.attempt((now) =>
      this.#admitted(now, () => {
        const known = store.revocable(key, now);
        return known !== undefined && this.#owns(known) ? tellStranger(known, now) : NO_DEPOSIT;
      }),
    );
  }

  revoke(key: Uint8Array) {
    const { guard, store, delivery } = this.#parts;
    return guard.attempt((now) =>
      this.#admitted(now, (permit) => {
        const known = store.revocable(key, now);
        if (known !== undefined && !this.#owns(known)) return NOT_AUTHORIZED;
        // A key that was never seen gets a mark, and counts as the envelope would have that it keeps out.
        if (known === undefined && !this.#hasRoom(permit, now, hasRoomForIntroducedMark)) return FULL;
        const revoked = store.transaction(() => {
          const done = store.revoke({ id: delivery.nextId(now), key, permit: permit.id }, now);
          if (known === undefined && done !== undefined) this.#count(permit);
          return done;
        });
        return revocation(this.#parts, revoked, now);
      }),
    );
  }

  claimOneTimeKey(): ClaimOutcome {
    const { guard, store, alarm } = this.#parts;
    return guard.attempt((now) =>
      this.#admitted(now, (permit, { claims }): ClaimOutcome => {
        const { key } = permit;
        if (key !== undefined) return isDue(key.expires, now) ? NO_KEY : { outcome: "claimed", key };
        if (!permit.isOpen && !hasRoomForPermit(store.permits.load(now, MARK_GRACE))) return FULL;
        const claimed = store.transaction(() => {
          const done = store.claimKey(claims, now);
          if (done.outcome === "claimed") store.permits.save({ ...permit, key: done.key });
          return done;
        });
        if (claimed.outcome === "claimed") alarm.by(permit.expiresAt);
        return claimed;
      }),
    );
  }

  /** Asked in the turn in which it counts: the mailbox may be withdrawn, or its token rotated, meanwhile. */
  #admitted<T>(now: number, work: (permit: Permit, state: Open) => T): T | NotAuthorized {
    const { nonce, mayOpen } = this.#introduction;
    const { store } = this.#parts;
    const state = store.state.read();
    if (!takesMail(state)) return NOT_AUTHORIZED;
    const permit = store.permits.find(nonce, now);
    if (permit !== undefined) return permit.ended ? NOT_AUTHORIZED : work(permit, state);
    if (!mayOpen || !state.introductions) return NOT_AUTHORIZED;
    const fresh = { id: nonce, envelopes: 0, expiresAt: now + PERMIT_LIFE, key: undefined };
    return work({ ...fresh, isOpen: false, ended: false }, state);
  }

  #hasRoom(permit: Permit, now: number, fits: (load: PermitLoad) => boolean): boolean {
    if (!mayLeaveAnother(permit.envelopes)) return false;
    const load = this.#parts.store.permits.load(now, MARK_GRACE);
    return (permit.isOpen || hasRoomForPermit(load)) && fits(load);
  }

  /** No alarm is set for it: the one for what was deposited comes sooner, and finds the permit. */
  #count(permit: Permit): void {
    this.#parts.store.permits.save({ ...permit, envelopes: permit.envelopes + 1 });
  }

  /** Keys are random: whoever meets another's has not made it up. */
  #owns({ permit }: RevocableAnswer): boolean {
    return permit !== undefined && sameOctets(permit, this.#introduction.nonce);
  }
}

function tellStranger(known: RevocableAnswer, now: number) {
  const hidden = known.outcome === "delivered" && !isDue(known.heldUntil, now);
  return tell(hidden ? { ...known, outcome: "held" } : known);
}
