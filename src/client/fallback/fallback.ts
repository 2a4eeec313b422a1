/**
 * A text that goes by SMS if nobody has it in time: what became of it so far, vault entry `fallback/<text id>`,
 * JSON. Each state is durable before what it announces is done, so that a crash at any step leaves one that says
 * what may have happened and what may not.
 *
 *     looking → waiting → revoking → handing-over → sms
 *                  └──────────┴→ delivered   (and from each of them: undecided)
 */
import { getJson, listJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const PREFIX = "fallback/";

/** How long a decided one can still be asked about: as long as its marks at the relay last, more or less. */
const REMEMBERED = 8 * 24 * 60 * 60 * 1000;

/**
 * - `looking`: not sealed yet; nothing of it has left this device
 * - `waiting`: deposited so that it can be taken back, until `smsAt`
 * - `revoking`: its time is over, or its owner took it back; every mailbox that it went to is asked for the proof
 * - `handing-over`: nobody has it or will be given it, and the app's SMS hook is at work
 * - `delivered`: the recipient has it; no SMS
 * - `sms`: the hook took it; no mailbox will hand it over
 * - `revoked`: no mailbox will hand it over, and no SMS was sent
 * - `undecided`: see `reason`. No SMS is sent any more. Can still turn into `delivered` or `revoked`
 */
export type FallbackState =
  | "looking"
  | "waiting"
  | "revoking"
  | "handing-over"
  | "delivered"
  | "sms"
  | "revoked"
  | "undecided";

/** Why it can't be told whether the recipient has it, or will. */
export type UndecidedReason =
  | "unanswered"
  | "refused"
  | "state-lost"
  | "interrupted"
  | "hook-failed"
  | "no-hook"
  | "number-moved"
  | "restored"
  | "left";

/** What to do about a text that is undecided, for the app to show. */
export const ADVICE: Readonly<Record<UndecidedReason, string>> = {
  unanswered:
    "The relay did not say in time whether the text was delivered. Ask the recipient, or send it again and accept that it may come twice.",
  refused:
    "The recipient's mailbox can't be asked any more. Ask the recipient, or send it again and accept that it may come twice.",
  "state-lost":
    "A device took the text and may have lost what opens it. Ask the recipient, or send it again and accept that it may come twice.",
  interrupted:
    "The app ended while the text was being handed over to SMS. Look into your SMS app whether it was sent.",
  "hook-failed":
    "Handing the text over to SMS failed half-way. Look into your SMS app whether it was sent, and send it from there if not.",
  "no-hook": "Nobody will be given the text by the relay, and it was not sent by SMS. Send it again.",
  "number-moved":
    "The number leads to somebody else than the person you know by it. Nobody was given the text, and it was not sent by SMS. Ask the person, then send it again.",
  restored:
    "This device was restored from an old copy. Look into your SMS app, and ask the recipient, before you send it again.",
  left: "The consent was withdrawn before it was decided. Ask the recipient, or send the text by SMS.",
};

/** What the app sees of it. */
export interface Fallback {
  /** The text's id: the same in `state(id)`, as soon as there is an envelope of it. */
  readonly id: string;
  /** E.164. */
  readonly number: string;
  /** The person it is for: whom the app named, else who was found by the number when it was sealed. */
  readonly to?: string;
  /** When SMS takes over, ms since 1970. */
  readonly smsAt: number;
  readonly state: FallbackState;
  /** When undecided. */
  readonly reason?: UndecidedReason;
  /** When undecided: what to do, in a sentence for people. */
  readonly advice?: string;
}

export interface StoredFallback extends Omit<Fallback, "advice"> {
  /** Until it is decided. */
  readonly text?: string;
  /** Whether SMS is out of the question: its owner took it back, or was told that it is undecided. */
  readonly noSms?: true;
  /** Pieces, by index, of which the relay's proof was verified. */
  readonly proven: readonly number[];
  /** Since when it has been trying to take it back. */
  readonly since?: number;
  /** Failed tries in a row, and when the next is due. */
  readonly failures: number;
  readonly next: number;
  /** When it is forgotten. */
  readonly ends: number;
  /** Undecided, and the app may not have heard of it yet. */
  readonly untold?: true;
}

export function newFallback(
  { person, ...asked }: { id: string; number: string; person?: string; text: string; smsAt: number },
  now: number,
): StoredFallback {
  return {
    ...asked,
    ...(person === undefined ? {} : { to: person }),
    state: "looking",
    proven: [],
    failures: 0,
    next: now,
    ends: now + REMEMBERED,
  };
}

export function getFallback(reader: VaultReader, id: string): StoredFallback | undefined {
  return getJson<StoredFallback>(reader, PREFIX + id);
}

/** Oldest first. */
export function listFallbacks(reader: VaultReader): StoredFallback[] {
  return listJson<StoredFallback>(reader, PREFIX)
    .map(([, fallback]) => fallback)
    .sort((a, b) => a.ends - b.ends);
}

export function putFallback(draft: VaultDraft, fallback: StoredFallback): void {
  putJson(draft, PREFIX + fallback.id, fallback);
}

export function dropFallback(draft: VaultDraft, id: string): void {
  draft.delete(PREFIX + id);
}

/** Whether nothing is to be done about it any more. */
export function isFinal({ state, text, untold }: StoredFallback): boolean {
  return text === undefined && state !== "handing-over" && !untold;
}

/** Its end: the text is forgotten, what became of it is not. */
export function finished(
  fallback: StoredFallback,
  state: FallbackState,
  reason?: UndecidedReason,
): StoredFallback {
  const { text: _, reason: __, ...rest } = fallback;
  return { ...rest, state, ...(reason === undefined ? {} : { reason }) };
}

export function shownFallback({ id, number, to, smsAt, state, reason }: StoredFallback): Fallback {
  return {
    id,
    number,
    ...(to === undefined ? {} : { to }),
    smsAt,
    state,
    ...(reason === undefined ? {} : { reason, advice: ADVICE[reason] }),
  };
}

/**
 * Nothing more will be done about any of them: the consent ended, or this vault is an old copy of which a newer
 * one may have handed the text over.
 */
export function endFallbacks(draft: VaultDraft, reason: "restored" | "left"): void {
  for (const fallback of listFallbacks(draft))
    if (!isFinal(fallback)) putFallback(draft, { ...finished(fallback, "undecided", reason), untold: true });
}

export function sweepFallbacks(draft: VaultDraft, now: number): void {
  for (const fallback of listFallbacks(draft))
    if (isFinal(fallback) && fallback.ends <= now) draft.delete(PREFIX + fallback.id);
}
