/**
 * What a one-time-code object decides, as pure functions over the verifications of one number: at most a few at once,
 * one a device. Each goes through: a code is on its way to the sender (begin), it was handed over (sent) or not
 * (abandoned), it is tried (attempt), and it was right (approved); and then it is over at `expires`.
 */
import { equalBytes } from "@noble/ciphers/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import {
  CODE_LIFE,
  MAX_CODE_ATTEMPTS,
  MAX_VERIFICATIONS_PER_NUMBER,
  RESEND_WAITS,
} from "../../protocol/limits.ts";

/**
 * How long a call to a sender may take, and a little more. A Worker that died on the way is waited for no longer; it
 * has left no code.
 */
const SENDING_TIME = 30_000;

/** Ours, as a keyed hash (code.ts); or one that the sender made and checks, by its name for it. */
export type Code = { readonly hash: string } | { readonly reference: string };

export interface Verification {
  readonly id: string;
  /** The device's. */
  readonly address: string;
  /** Codes handed to the sender. */
  readonly sends: number;
  /** Until then a code is on its way to the sender, ms since 1970. */
  readonly sendingUntil: number | null;
  readonly resendAt: number;
  readonly expires: number;
  /** null: none yet, or gone. */
  readonly code: Code | null;
  /** At this code. */
  readonly attempts: number;
  /** When the right code came; `code` is then the hash of it, so that the same call can be answered again. */
  readonly verifiedAt: number | null;
}

type List = readonly Verification[];
type Changed<Answer> = { readonly list: List; readonly answer: Answer };

export type BeginAnswer =
  | { readonly outcome: "begun"; readonly id: string }
  /** Too soon for this device, or as many devices as may be are at it. */
  | { readonly outcome: "too-soon" | "full"; readonly retryAt: number };

export interface SentAnswer {
  readonly resendAt: number;
  readonly expires: number;
}

export type AttemptAnswer =
  | { readonly outcome: "right"; readonly verifiedAt: number }
  | { readonly outcome: "wrong" | "none" }
  /** The sender knows. The attempt counts already. */
  | { readonly outcome: "ask"; readonly reference: string };

/** May this device be sent a code now? @param request.id of the verification, if this begins a new one */
export function begin(
  all: List,
  request: { readonly id: string; readonly address: string; readonly now: number },
): Changed<BeginAnswer> {
  const { address, now } = request;
  const list = unended(all, now);
  const own = list.find((verification) => verification.address === address);
  if (own === undefined && list.length >= MAX_VERIFICATIONS_PER_NUMBER)
    return { list, answer: { outcome: "full", retryAt: Math.min(...list.map(endOf)) } };
  const retryAt = Math.max(own?.resendAt ?? 0, own?.sendingUntil ?? 0);
  if (now < retryAt) return { list, answer: { outcome: "too-soon", retryAt } };
  const verification = { ...(own ?? newVerification(request)), sendingUntil: now + SENDING_TIME };
  // A verification that succeeded is used up: what is sent now belongs to a new one.
  const id = own === undefined || own.verifiedAt !== null ? request.id : own.id;
  return { list: put(list, verification), answer: { outcome: "begun", id } };
}

/** The sender took a code, or failed: then `code` is null, and the one before it is gone as well. */
export function sent(
  all: List,
  request: {
    readonly id: string;
    readonly address: string;
    readonly code: Code | null;
    readonly now: number;
  },
): Changed<SentAnswer> {
  const { id, address, code, now } = request;
  const list = unended(all, now);
  const own = list.find((verification) => verification.address === address) ?? newVerification(request);
  const sends = own.sends + 1;
  const wait = RESEND_WAITS[Math.min(sends, RESEND_WAITS.length) - 1] ?? 0;
  const [resendAt, expires] = [now + wait, now + CODE_LIFE];
  const next = { id, address, sends, sendingUntil: null, resendAt, expires, code, attempts: 0 };
  return { list: put(list, { ...next, verifiedAt: null }), answer: { resendAt, expires } };
}

/** Nothing was sent after all, and everything is as it was before. */
export function abandoned(all: List, request: { readonly address: string; readonly now: number }): List {
  return unended(all, request.now)
    .map((verification) =>
      verification.address === request.address ? { ...verification, sendingUntil: null } : verification,
    )
    .filter(({ address, sends }) => sends > 0 || address !== request.address);
}

/** Tries a code. @param request.hash keyed hash of what was typed (code.ts) */
export function attempt(
  all: List,
  request: { readonly id: string; readonly address: string; readonly hash: string; readonly now: number },
): Changed<AttemptAnswer> {
  const list = unended(all, request.now);
  const own = open(list, request);
  const code = own?.code;
  if (own === undefined || !code) return { list, answer: { outcome: "none" } };
  const right = "hash" in code && sameText(code.hash, request.hash);
  if (own.verifiedAt !== null) {
    const { verifiedAt } = own;
    return { list, answer: right ? { outcome: "right", verifiedAt } : { outcome: "none" } };
  }
  if (own.attempts >= MAX_CODE_ATTEMPTS) return { list, answer: { outcome: "none" } };
  const counted = { ...own, attempts: own.attempts + 1 };
  if ("reference" in code)
    return { list: put(list, counted), answer: { outcome: "ask", reference: code.reference } };
  if (right) return approved(list, request);
  const last = counted.attempts >= MAX_CODE_ATTEMPTS;
  return { list: put(list, last ? { ...counted, code: null } : counted), answer: { outcome: "wrong" } };
}

/** The code was right: kept as a mark until the end, so that a lost answer can be asked for again. */
export function approved(
  all: List,
  request: { readonly id: string; readonly address: string; readonly hash: string; readonly now: number },
): Changed<AttemptAnswer> {
  const list = unended(all, request.now);
  const own = open(list, request);
  if (own === undefined) return { list, answer: { outcome: "none" } };
  const verifiedAt = own.verifiedAt ?? request.now;
  const next = { ...own, code: { hash: request.hash }, verifiedAt };
  return { list: put(list, next), answer: { outcome: "right", verifiedAt } };
}

/** The sender does not know the code any more. */
export function gone(
  all: List,
  request: { readonly id: string; readonly address: string; readonly now: number },
): List {
  const list = unended(all, request.now);
  const own = open(list, request);
  return own === undefined || own.verifiedAt !== null ? list : put(list, { ...own, code: null });
}

/** What is not over yet. */
export function unended(list: List, now: number): List {
  return list.filter((verification) => endOf(verification) > now);
}

/** When there is something to erase, ms since 1970. */
export function nextEnd(list: List): number | undefined {
  return list.length === 0 ? undefined : Math.min(...list.map(endOf));
}

function newVerification({ id, address, now }: { id: string; address: string; now: number }): Verification {
  const none = { sends: 0, sendingUntil: null, code: null, attempts: 0, verifiedAt: null };
  return { id, address, resendAt: now, expires: now, ...none };
}

function open(list: List, { id, address, now }: { id: string; address: string; now: number }) {
  return list.find((own) => own.id === id && own.address === address && own.expires > now);
}

function endOf({ expires, sendingUntil }: Verification): number {
  return Math.max(expires, sendingUntil ?? 0);
}

function put(list: List, changed: Verification): List {
  return [...list.filter(({ address }) => address !== changed.address), changed];
}

/** In constant time: the hashes are keyed, and still nobody shall learn one by and by. */
function sameText(a: string, b: string): boolean {
  return equalBytes(utf8ToBytes(a), utf8ToBytes(b));
}
