/** What every sender may ask of an open mailbox, and what the two kinds of sender do it with. */
import type { Alarm } from "./alarm.ts";
import type {
  ClaimOutcome,
  DepositOutcome,
  DepositStateOutcome,
  RevocableOutcome,
  RevokeOutcome,
  Unavailable,
} from "./calls.ts";
import type { Delivery } from "./delivery.ts";
import type { Guard } from "./guard.ts";
import type { Line } from "./line.ts";
import type { RevocableAnswer, Store } from "./store.ts";

/** The sender's calls of calls.ts, once it is known what lets this one in: contact.ts, stranger.ts. */
export interface Sender {
  deposit(envelope: Uint8Array, ttl: number): Promise<DepositOutcome>;
  depositRevocable(key: Uint8Array, envelope: Uint8Array, ttl: number): Promise<RevocableOutcome>;
  depositState(key: Uint8Array): DepositStateOutcome;
  revoke(key: Uint8Array): RevokeOutcome;
  claimOneTimeKey(): ClaimOutcome;
}

export interface SenderParts {
  readonly guard: Guard;
  readonly store: Store;
  readonly line: Line;
  readonly delivery: Delivery;
  readonly alarm: Alarm;
  /** Runs `work` in one transaction with what else arrives (gather.ts); answers once that is durable. */
  readonly gathered: <T>(work: (now: number) => T) => Promise<T | Unavailable>;
  /** Whether such work waits: what comes now is behind it. */
  readonly isGathering: () => boolean;
  /** Runs what writes nothing when all such work that waits is durable, before any that comes later. */
  readonly behind: <T>(work: () => T) => Promise<T | Unavailable>;
  readonly now: () => number;
}

export const FULL = { outcome: "full" } as const;
export const EXPIRED = { outcome: "expired" } as const;
export const NO_DEPOSIT = { outcome: "no-deposit" } as const;

/** What the sender is told of a revocation, and the device's line of what was taken back. */
export function revocation(
  { delivery }: SenderParts,
  revoked: ReturnType<Store["revoke"]>,
  now: number,
): Exclude<RevokeOutcome, Unavailable> {
  if (revoked === undefined) return FULL;
  if (revoked.outcome === "already-delivered") return revoked;
  const { outcome, revokedAt, id } = revoked;
  delivery.revoke(id, now);
  return { outcome, revokedAt };
}

export function tell({ outcome, heldUntil }: RevocableAnswer) {
  return outcome === "held" ? ({ outcome, heldUntil } as const) : ({ outcome } as const);
}
