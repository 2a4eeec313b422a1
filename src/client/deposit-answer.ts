/**
 * Answers to a sender's calls, read with care: they come from the recipient's relay, which is not the sender's
 * own and may say anything.
 */
import type { DepositState } from "../protocol/answers.ts";
import { RelayProtocolError } from "./relay-problem.ts";

const STATES: readonly DepositState[] = ["delivered", "held", "expired", "revoked", "undecided"];

/** Only what a deposit's answer may hold. @throws RelayProtocolError */
export function readDepositAnswer(json: unknown): { state: DepositState; heldUntil?: number } {
  const { state, heldUntil } = fieldsOf(json);
  const known = STATES.find((candidate) => candidate === state);
  if (known === undefined) throw new RelayProtocolError("The relay's answer names no state of a deposit.");
  if (heldUntil === undefined) return { state: known };
  if (typeof heldUntil !== "number" || !Number.isSafeInteger(heldUntil))
    throw new RelayProtocolError("The relay's answer has no valid time.");
  return { state: known, heldUntil };
}

/** @throws RelayProtocolError */
export function readRevokedAnswer(json: unknown): { state: "revoked"; proof: string } {
  const { state, proof } = fieldsOf(json);
  if (state !== "revoked" || typeof proof !== "string")
    throw new RelayProtocolError("The relay's answer holds no proof of the revocation.");
  return { state, proof };
}

function fieldsOf(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : {};
}
