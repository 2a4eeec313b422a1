/**
 * What the device knows of the texts it sent, until nothing about them can change any more. A text goes out in
 * pieces: one envelope for each device of each recipient, and several where it is long.
 */
import type { DepositState } from "../protocol/answers.ts";
import { MARK_GRACE } from "../protocol/limits.ts";
import type { ProblemCode } from "../protocol/problem-codes.ts";
import { getJson, listJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const PREFIX = "sent/";

/**
 * - the relay's word: delivered, held, expired, revoked, undecided (protocol/answers.ts)
 * - `queued`: not taken by the relay yet; it is tried again while its time lasts
 * - `refused`: the relay will not take it, and the recipient does not have it: see `problem`
 */
export type SentState = DepositState | "queued" | "refused";

/** One envelope of a text. */
export interface Piece {
  readonly person: string;
  readonly device: string;
  /** Which part of a long text; 0 for one that is not. */
  readonly part: number;
  readonly state: SentState;
  readonly heldUntil?: number;
  /** Why, when refused; why a later try was refused, when undecided. */
  readonly problem?: ProblemCode;
  /** The deposit's key, base64url, when revocable. */
  readonly key?: string;
  /** The relay's signed word, when revoked. */
  readonly proof?: string;
  /** Undecided for good: the device may have taken the envelope, and not opened it. No relay can say. */
  readonly unknowable?: true;
  /** Base64url, and the position on it: tells whether the recipient is known to have opened it. */
  readonly channelId?: string;
  readonly position?: number;
}

export interface Sent {
  readonly id: string;
  /** The person's address, or the conversation's id. */
  readonly to: string;
  readonly sentAt: number;
  /** Nobody is given it after this, ms since 1970. */
  readonly expires: number;
  /** Of all pieces together: see {@link stateOf}. */
  readonly state: SentState;
  /** The latest of what is held. */
  readonly heldUntil?: number;
  readonly problem?: ProblemCode;
  /** Of the first piece that was revoked. Each has its own. */
  readonly proof?: string;
  readonly pieces: readonly Piece[];
  /** What the recipients themselves said, by person: see receipts. */
  readonly receipts?: Readonly<Record<string, "delivered" | "read">>;
}

export function getSent(reader: VaultReader, id: string): Sent | undefined {
  return getJson<Sent>(reader, PREFIX + id);
}

export function listSent(reader: VaultReader): Sent[] {
  return listJson<Sent>(reader, PREFIX).map(([, sent]) => sent);
}

/** Stores a text with what follows from its pieces. */
export function putSent(
  draft: VaultDraft,
  sent: Omit<Sent, "state" | "heldUntil" | "problem" | "proof">,
): Sent {
  const { id, to, sentAt, expires, pieces, receipts } = sent;
  const held = pieces.flatMap(({ heldUntil, state }) => (state === "held" && heldUntil ? [heldUntil] : []));
  const state = stateOf(pieces);
  const problem = state === "refused" ? pieces.find((piece) => piece.problem)?.problem : undefined;
  const proof = state === "revoked" ? pieces.find((piece) => piece.proof)?.proof : undefined;
  const whole: Sent = {
    id,
    to,
    sentAt,
    expires,
    state,
    ...(held.length === 0 || state !== "held" ? {} : { heldUntil: Math.max(...held) }),
    ...(problem === undefined ? {} : { problem }),
    ...(proof === undefined ? {} : { proof }),
    pieces,
    ...(receipts === undefined ? {} : { receipts }),
  };
  putJson(draft, PREFIX + id, whole);
  return whole;
}

/** Notes what became of one piece. @returns the text, if its state is another now */
export function putPiece(
  draft: VaultDraft,
  id: string,
  index: number,
  outcome: Partial<Piece>,
): Sent | undefined {
  const sent = getSent(draft, id);
  const known = sent?.pieces[index];
  if (sent === undefined || known === undefined) return undefined;
  if (known.unknowable && (outcome.state === "delivered" || outcome.state === "held")) return undefined;
  const pieces = sent.pieces.map((piece, i) => (i === index ? { ...piece, ...outcome } : piece));
  const changed = putSent(draft, { ...sent, pieces });
  return changed.state === sent.state ? undefined : changed;
}

/** From best to worst: of a person's devices the best counts, of the parts of a text and of several people the worst. */
const RANK: readonly SentState[] = [
  "delivered",
  "held",
  "queued",
  "undecided",
  "expired",
  "revoked",
  "refused",
];

/** The state of a whole: of each device's parts the worst, of each person's devices the best, of people the worst. */
export function stateOf(pieces: readonly Piece[]): SentState {
  const people = [...new Set(pieces.map(({ person }) => person))];
  const best = (states: SentState[]) => RANK.find((state) => states.includes(state)) ?? "refused";
  const worst = (states: SentState[]) => RANK.findLast((state) => states.includes(state)) ?? "refused";
  return worst(
    people.map((person) => {
      const own = pieces.filter((piece) => piece.person === person);
      const devices = [...new Set(own.map(({ device }) => device))];
      return best(
        devices.map((device) =>
          worst(own.filter((piece) => piece.device === device).map(({ state }) => state)),
        ),
      );
    }),
  );
}

/**
 * Forgets what has ended: its marks at the relay are gone as well. A device that was away for longer than that has
 * still to say what became of what it left in its queue: swept now, such a text would have been queued for good.
 */
export function sweepSent(draft: VaultDraft, now: number): void {
  for (const [name, { expires, pieces }] of listJson<Sent>(draft, PREFIX))
    if (expires + MARK_GRACE < now && pieces.every(({ state }) => state !== "queued")) draft.delete(name);
}

export function forgetSent(draft: VaultDraft): void {
  for (const [name] of draft.list(PREFIX)) draft.delete(name);
}
