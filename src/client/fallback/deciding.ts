/** What is to be done next about a text that may fall back to SMS. Pure: everything it goes by is passed in. */
import type { Piece, Sent } from "../sent.ts";
import type { FallbackState, StoredFallback, UndecidedReason } from "./fallback.ts";

/**
 * How long the relay may fail to say whether a text was taken back before its owner is told that it is undecided:
 * a passing outage is over by then, and a person who waits for an answer still remembers what they wrote.
 */
export const PATIENCE = 2 * 60 * 1000;

export type NextStep =
  | { readonly step: "wait"; readonly until: number }
  /** Find out whom it goes to, and seal it. */
  | { readonly step: "send" }
  /** Ask for the proof of these pieces, by index. */
  | { readonly step: "revoke"; readonly pieces: readonly number[] }
  | { readonly step: "hand-over" }
  | { readonly step: "finish"; readonly state: FallbackState; readonly reason?: UndecidedReason }
  | { readonly step: "nothing" };

const NOTHING = { step: "nothing" } as const;
const HAND_OVER = { step: "hand-over" } as const;

/** @param sent what is known of the text's envelopes; none while it is `looking` */
export function nextStep(fallback: StoredFallback, sent: Sent | undefined, now: number): NextStep {
  const { state, smsAt, next, noSms } = fallback;
  if (fallback.text === undefined || state === "handing-over") return NOTHING;
  if (state === "looking") {
    if (noSms) return finish("revoked");
    if (now < next) return { step: "wait", until: next };
    // Tried once at least, however short the time that it was given.
    return now >= smsAt && fallback.failures > 0 ? HAND_OVER : { step: "send" };
  }
  // Forgotten, marks and all, or never asked for as long as they lasted.
  if (sent === undefined) return finish("undecided", "unanswered");
  if (hasArrived(sent)) return finish("delivered");
  const unproven = unprovenPieces(fallback, sent);
  if (unproven.length === 0 && noSms) return finish("revoked");
  if (unproven.length === 0) return now >= next ? HAND_OVER : { step: "wait", until: next };
  if (state === "waiting" && now < smsAt && !noSms) return { step: "wait", until: smsAt };
  // The mark of a delivery ends a day after the text's time: a key that the relay has forgotten would count as
  // revoked.
  if (now >= sent.expires) return finish("undecided", "unanswered");
  return now >= next ? { step: "revoke", pieces: unproven } : { step: "wait", until: next };
}

/** Whether some device has it, by the relay's word or its own. */
function hasArrived({ pieces, receipts = {} }: Sent): boolean {
  return pieces.some(({ state, person }) => state === "delivered" || receipts[person] !== undefined);
}

/** Those of which it is not sure that no mailbox will ever hand them over. */
function unprovenPieces({ proven }: StoredFallback, { pieces }: Sent): number[] {
  return pieces.flatMap((piece, index) => (proven.includes(index) || neverTaken(piece) ? [] : [index]));
}

/** `refused` is what a piece is called only when no try of it can have arrived (deposit.ts). */
function neverTaken({ state }: Piece): boolean {
  return state === "refused";
}

function finish(state: FallbackState, reason?: UndecidedReason): NextStep {
  return { step: "finish", state, ...(reason === undefined ? {} : { reason }) };
}
