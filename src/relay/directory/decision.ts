/** What a device that shows a number to be its own gets, by who has it and who claims it. Pure. */
import { ACTIVE_DAYS, DAY, TAKEOVER_WAIT } from "../../protocol/limits.ts";

/** A device's hold on a number, as a route or as a claim on one. */
export interface Hold {
  readonly consentId: string;
  /** When it verified the number, ms since 1970. */
  readonly verifiedAt: number;
}

/**
 * - `list`: it gets, keeps or refreshes the route, and no claim stands against it. - `claim`: it has to wait for it,
 *   or take over at once. - `stands`: its claim is made already. - `superseded`: its proof is not the newest.
 */
export type Decision = "list" | "claim" | "stands" | "superseded";

/**
 * The newest check of a number decides, and nothing else: who has had the number for years and who was given it today
 * look alike from here.
 */
export function decide(own: Hold, holder: Hold | undefined, claim: Hold | undefined): Decision {
  if (holder === undefined) return "list";
  if (holder.consentId === own.consentId) {
    const newest = own.verifiedAt >= holder.verifiedAt;
    return newest && (claim === undefined || own.verifiedAt > claim.verifiedAt) ? "list" : "superseded";
  }
  if (own.verifiedAt <= holder.verifiedAt) return "superseded";
  if (claim === undefined || own.verifiedAt > claim.verifiedAt) return "claim";
  const repeated = claim.consentId === own.consentId && claim.verifiedAt === own.verifiedAt;
  return repeated ? "stands" : "superseded";
}

/**
 * When a claim comes into effect.
 *
 * @param seenDay the UTC day on which the holder's device was last there, days since 1970; undefined: it is gone
 */
export function effectiveAt(seenDay: number | undefined, now: number): number {
  const active = seenDay !== undefined && Math.floor(now / DAY) - seenDay <= ACTIVE_DAYS;
  return active ? now + TAKEOVER_WAIT : now;
}
