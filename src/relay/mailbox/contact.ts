/**
 * A sender with a delivery token of this life of the mailbox. A contact is let on the wire: when the device is
 * connected, the answer waits for its acknowledgement.
 */
import { LIVE_DEADLINE } from "../../protocol/limits.ts";
import type { ClaimOutcome, DepositOutcome } from "./calls.ts";
import { expiresAt, isDue } from "./expiry.ts";
import { NOT_AUTHORIZED } from "./guard.ts";
import type { Fate } from "./in-flight.ts";
import { EXPIRED, FULL, NO_DEPOSIT, revocation, type Sender, type SenderParts, tell } from "./sender.ts";

const DELIVERED = { outcome: "delivered" } as const;
const UNDECIDED = { outcome: "undecided" } as const;

export class Contact implements Sender {
  readonly #parts: SenderParts;
  readonly #epoch: Uint8Array;

  constructor(parts: SenderParts, epoch: Uint8Array) {
    this.#parts = parts;
    this.#epoch = epoch;
  }

  /** The wire first: what a live device acknowledges in time is never written down. */
  async deposit(envelope: Uint8Array, ttl: number): Promise<DepositOutcome> {
    const { isGathering, behind } = this.#parts;
    const nowOrNever = ttl === 0;
    // In the order in which they come, also those that arrive in one call.
    if (isGathering() && !nowOrNever) return this.#hold(envelope, ttl);
    const show = () => this.#show(envelope, ttl);
    const shown = isGathering() ? await behind(show) : show();
    if (shown.outcome !== "shown") return shown;
    if (shown.fate === undefined) return nowOrNever ? EXPIRED : this.#hold(envelope, ttl);
    const fate = await shown.fate;
    if (nowOrNever) return fate === "acknowledged" ? DELIVERED : UNDECIDED;
    return this.#tellFate(fate, shown.heldUntil);
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

  #show(envelope: Uint8Array, ttl: number) {
    const { guard, delivery } = this.#parts;
    const nowOrNever = ttl === 0;
    return guard.asSender(this.#epoch, (now) => {
      const heldUntil = nowOrNever ? now + LIVE_DEADLINE : expiresAt(now, ttl);
      const fate = delivery.show(envelope, heldUntil, nowOrNever, now);
      return { outcome: "shown", heldUntil, fate } as const;
    });
  }

  async #hold(envelope: Uint8Array, ttl: number): Promise<DepositOutcome> {
    const { store, line, delivery } = this.#parts;
    const written = await this.#gathered((now) => {
      const id = delivery.nextId(now);
      const heldUntil = expiresAt(now, ttl);
      return store.hold(id, envelope, heldUntil, now) ? ({ outcome: "held", id, heldUntil } as const) : FULL;
    });
    if (written.outcome !== "held") return written;
    return this.#tellFate(await line.fate(written.id), written.heldUntil);
  }

  #tellFate(fate: Fate, heldUntil: number): DepositOutcome {
    if (fate === "acknowledged") return DELIVERED;
    if (fate === "unavailable") return { outcome: "unavailable" };
    // Shown, then erased with the mailbox: only the device knows.
    if (fate === "withdrawn") return UNDECIDED;
    return isDue(heldUntil, this.#parts.now()) ? EXPIRED : { outcome: "held", heldUntil };
  }

  #gathered<T>(write: (now: number) => T) {
    const { guard, gathered } = this.#parts;
    // Asked inside the transaction: the mailbox may be withdrawn between a call and its turn.
    return gathered((now) => (guard.opensTo(this.#epoch) ? write(now) : NOT_AUTHORIZED));
  }
}
