/** What the device knows of the texts it sent, until nothing about them can change any more. */
import type { DepositState } from "../protocol/answers.ts";
import { MARK_GRACE } from "../protocol/limits.ts";
import type { ProblemCode } from "../protocol/problems.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "sent/";

/**
 * - the relay's word: delivered, held, expired, revoked, undecided (protocol/answers.ts)
 * - `queued`: not taken by the relay yet; it is tried again while its time lasts
 * - `refused`: the relay will not take it, and the recipient does not have it: see `problem`
 */
export type SentState = DepositState | "queued" | "refused";

export interface Sent {
  readonly id: string;
  readonly to: string;
  readonly sentAt: number;
  /** Nobody is given it after this, ms since 1970. */
  readonly expires: number;
  readonly state: SentState;
  readonly heldUntil?: number;
  /** Why, when refused. */
  readonly problem?: ProblemCode;
  /** The deposit's key, base64url, when revocable. */
  readonly key?: string;
  /** The relay's signed word, when revoked. */
  readonly proof?: string;
}

export function getSent(reader: VaultReader, id: string): Sent | undefined {
  return getJson<Sent>(reader, PREFIX + id);
}

export function putSent(draft: VaultDraft, sent: Sent): Sent {
  putJson(draft, PREFIX + sent.id, sent);
  return sent;
}

/** The recipient lost its state: what it had not opened yet, it never will, and what it had cannot be told apart. */
export function markUndecided(draft: VaultDraft, to: string): void {
  for (const [, sent] of listJson<Sent>(draft, PREFIX))
    if (sent.to === to && sent.state === "held") putSent(draft, { ...sent, state: "undecided" });
}

/** Forgets what has ended: its marks at the relay are gone as well. */
export function sweepSent(draft: VaultDraft, now: number): void {
  for (const [name, sent] of listJson<Sent>(draft, PREFIX))
    if (sent.expires + MARK_GRACE < now) draft.delete(name);
}

export function forgetSent(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
