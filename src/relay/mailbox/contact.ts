/**
 * A sender with a delivery token of this life of the mailbox. A contact is let on the wire: when the device is
 * connected, the answer waits for its acknowledgement.
 */
import type { ClaimOutcome, DepositOutcome } from "./calls.ts";
import { expiresAt, isDue } from "./expiry.ts";
import { NOT_AUTHORIZED } from "./guard.ts";
import { EXPIRED, FULL, NO_DEPOSIT, revocation, type Sender, type SenderParts, tell } from "./sender.ts";

export class Contact implements Sender {
  readonly #parts: SenderParts;
  readonly #epoch: Uint8Array;

  constructor(parts: SenderParts, epoch: Uint8Array) {
    this.#parts = parts;
    this.#epoch = epoch;
  }

  async deposit(envelope: Uint8Array, ttl: number): Promise<DepositOutcome> {
    if (ttl === 0) return this.#depositUnstored(envelope);
    const { store, line, delivery, now } = this.#parts;
    const written = await this.#gathered((at) => {
      const id = delivery.nextId(at);
      const heldUntil = expiresAt(at, ttl);
      return store.hold(id, envelope, heldUntil, at) ? ({ outcome: "held", id, heldUntil } as const) : FULL;
    });
    if (written.outcome !== "held") return written;
    const { id, heldUntil } = written;
    const fate = await line.fate(id);
    if (fate === "acknowledged") return { outcome: "delivered" };
    // Shown, then erased with the mailbox: only the device knows.
    if (fate === "withdrawn") return { outcome: "undecided" };
    return isDue(heldUntil, now()) ? EXPIRED : { outcome: "held", heldUntil };
  }

  async depositRevocable(key: Uint8Array, envelope: Uint8Array, ttl: number) {
    const { store, delivery } = this.#parts;
    return this.#gathered((now) => {
      const deposit = { id: delivery.nextId(now), key, expires: expiresAt(now, ttl) };
      const answer = store.holdRevocable(deposit, envelope, now);
      return answer === undefined ? FULL : tell(answer);
    });
  }

  depositState(key: Uint8Array) {
    const { guard, store } = this.#parts;
    return guard.asSender(this.#epoch, (now) => {
      const answer = store.revocable(key, now);
      return answer === undefined ? NO_DEPOSIT : tell(answer);
    });
  }

  revoke(key: Uint8Array) {
    const { guard, store, delivery } = this.#parts;
    return guard.asSender(this.#epoch, (now) => {
      const revoked = store.transaction(() => store.revoke({ id: delivery.nextId(now), key }, now));
      return revocation(this.#parts, revoked, now);
    });
  }

  claimOneTimeKey(): ClaimOutcome {
    const { guard, store } = this.#parts;
    return guard.asSender(this.#epoch, (now, { claims }) => store.claimKey(claims, now));
  }

  /**
   * Deliver now or never. This is also the place for any deposit to a live device to go first, and to be held
   * only when its fate is not `acknowledged`.
   */
  async #depositUnstored(envelope: Uint8Array): Promise<DepositOutcome> {
    const { guard, line, delivery } = this.#parts;
    const shown = guard.asSender(this.#epoch, (now) => {
      const id = delivery.showUnstored(envelope, now);
      return id === undefined ? EXPIRED : ({ outcome: "shown", id } as const);
    });
    if (shown.outcome !== "shown") return shown;
    const fate = await line.fate(shown.id);
    return { outcome: fate === "acknowledged" ? "delivered" : "undecided" };
  }

  #gathered<T>(write: (now: number) => T) {
    const { guard, gathered } = this.#parts;
    // Asked inside the transaction: the mailbox may be withdrawn between a call and its turn.
    return gathered((now) => (guard.opensTo(this.#epoch) ? write(now) : NOT_AUTHORIZED));
  }
}
