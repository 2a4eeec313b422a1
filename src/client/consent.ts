/**
 * Agreeing, and leaving again. Each is journaled before it is sent, so that a lost answer or a crash is made
 * good by asking again: the same statement gets the same answer, and an ended consent still has its receipt.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { ConsentGrantedAnswer, NoticeAnswer, ReceiptAnswer } from "../protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { encodeConsentStatement, PURPOSES, type Purpose, SALT_SIZE } from "../protocol/consent-statement.ts";
import { hashOfNotice } from "../protocol/notice.ts";
import type { ProblemCode } from "../protocol/problem-codes.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import { backoffDelay, pause } from "./backoff.ts";
import { type Consent, currentConsent, dropConsent, keepConsent, requireConsent } from "./consent-record.ts";
import { changeOwnNumber, forgetOwnNumber } from "./numbers/own-number.ts";
import { offeredIn, requireOffered } from "./offered.ts";
import { noteEnded, noteGranted, noteSigned } from "./own-consents.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { cleanOldCopy } from "./restored.ts";
import { callWithNonce, type Session } from "./session.ts";
import { callOpen } from "./transport.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft } from "./vault/vault.ts";

const CONSENT_ID_SIZE = 16;
const STATEMENT = "device/consent-statement";
const ERASURE_RECEIPT = "device/erasure-receipt";

/** Tries of one call before its failure is the caller's to see: about two seconds of waiting in all. */
const TRIES = 4;

export interface ConsentRequest {
  readonly notice: NoticeAnswer;
  readonly purposes: readonly Purpose[];
  /** How the person was asked: `app`, `cli`, … */
  readonly method: string;
}

/**
 * Fetches the notice, and makes sure that the hash a person will sign is the hash of what they read. Its purposes, which
 * the hash does not cover, are those that this device can agree to.
 */
export async function fetchNotice(
  { platform, identity: { relay, address } }: Session,
  language: string | undefined,
): Promise<NoticeAnswer> {
  const call = {
    method: "GET" as const,
    path: ROUTES.notice,
    ...(language !== undefined && { headers: { "accept-language": language } }),
  };
  const notice = await callOpen<NoticeAnswer>(platform, relay, call);
  const hash = hashOfNotice(notice);
  if (hash === undefined || encodeBase64url(hash) !== notice.hash)
    throw new RelayProtocolError("The notice does not match its hash.");
  return { ...notice, purposes: offeredIn(notice, address.jurisdiction) };
}

/** @throws NotOfferedError before anything is signed */
export async function grantConsent(session: Session, request: ConsentRequest): Promise<Consent> {
  requireOffered(request.notice, session.identity.address.jurisdiction, request.purposes);
  const again = session.vault.get(STATEMENT) !== undefined;
  const answer = await submitStatement(session, request).catch((error) => {
    const spent = error instanceof RelayProblem && SPENT.has(error.code);
    // A statement kept from an earlier try never took effect, or did and has ended since: make a new one.
    if (again && spent) return submitStatement(session, request);
    throw error;
  });
  if (decodeBase64url(answer.consentId, CONSENT_ID_SIZE) === undefined)
    throw new RelayProtocolError("The relay's answer names no consent.");
  const consent: Consent = {
    consentId: answer.consentId,
    receipt: answer.receipt,
    purposes: PURPOSES.filter((purpose) => request.purposes.includes(purpose)),
    noticeVersion: request.notice.version,
    noticeHash: request.notice.hash,
    grantedAt: session.platform.now(),
    deliveryToken: answer.deliveryToken,
  };
  await session.vault.transaction((draft) => {
    keepConsent(draft, consent);
    noteGranted(draft, consent, consent.grantedAt);
    // With the purpose goes what was only for it.
    if (!consent.purposes.includes("number")) forgetOwnNumber(draft);
    else if (!consent.purposes.includes("discovery")) changeOwnNumber(draft, { listed: false });
    draft.delete(STATEMENT);
    draft.delete(ERASURE_RECEIPT);
  });
  return consent;
}

const SPENT = new Set<ProblemCode>(["statement-expired", "consent-used"]);

async function submitStatement(session: Session, request: ConsentRequest): Promise<ConsentGrantedAnswer> {
  const json = await session.vault.transaction((draft) => journalStatement(draft, session, request));
  try {
    return await retrying(session, () =>
      callWithNonce(session, { method: "POST", path: ROUTES.consents, json }),
    );
  } catch (error) {
    if (!isTransient(error)) await session.vault.transaction((draft) => draft.delete(STATEMENT));
    throw error;
  }
}

/**
 * Ends the consent at the relay and forgets here what only it was for, with `forget`. Repeatable: a second call
 * after a lost answer fetches the receipt of the first.
 *
 * @returns the erasure receipt, or undefined when it ended so long ago that the relay keeps none any more
 */
export async function withdrawConsent(
  session: Session,
  forget: (draft: VaultDraft) => void,
): Promise<string | undefined> {
  const kept = getJson<string>(session.vault, ERASURE_RECEIPT);
  if (currentConsent(session.vault) === undefined && kept !== undefined) {
    // A run that ended before its checkpoint left the keys readable.
    await session.vault.checkpoint();
    return kept;
  }
  const { consentId } = requireConsent(session.vault);
  const receipt = await retrying(session, () => endOrFetchReceipt(session, consentId));
  await session.vault.transaction((draft) => {
    dropConsent(draft);
    noteEnded(draft, consentId, receipt, session.platform.now());
    forget(draft);
    if (receipt !== undefined) putJson(draft, ERASURE_RECEIPT, receipt);
  });
  await session.vault.checkpoint();
  return receipt;
}

async function endOrFetchReceipt(session: Session, consentId: string): Promise<string | undefined> {
  try {
    const path = ROUTES.currentConsent;
    const { receipt } = await callWithNonce<ReceiptAnswer>(session, { method: "DELETE", path });
    return requireErasure(receipt);
  } catch (error) {
    if (!(error instanceof RelayProblem) || error.code !== "no-consent") throw error;
    return fetchErasureReceipt(session, consentId);
  }
}

async function fetchErasureReceipt(session: Session, consentId: string): Promise<string | undefined> {
  const path = pathOf(ROUTES.receipt, { consentId });
  try {
    const call = { method: "GET", path } as const;
    const { receipt } = await callOpen<ReceiptAnswer>(session.platform, session.identity.relay, call);
    return requireErasure(receipt);
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "no-receipt") return undefined;
    throw error;
  }
}

/** While a consent is in force its id gives the consent receipt: that is no proof of an end. */
function requireErasure(receipt: string): string {
  const header = decodeBase64url(receipt.split(".")[0] ?? "");
  const text = header && decodeUtf8(header);
  if (text === undefined || !text.includes('"restante-erasure+jwt"'))
    throw new RelayProtocolError("The relay answered with a receipt of another kind. Nothing was ended.");
  return receipt;
}

/** The same choice, asked again after a failure, must be the same statement: it may have taken effect. */
function journalStatement(draft: VaultDraft, session: Session, request: ConsentRequest) {
  const choice = JSON.stringify([request.notice.hash, [...request.purposes].sort(), request.method]);
  const kept = getJson<{ choice: string; statement: string; signature: string }>(draft, STATEMENT);
  if (kept?.choice === choice) return { statement: kept.statement, signature: kept.signature };
  const { statement, signature, hash } = signStatement(session, request);
  putJson(draft, STATEMENT, { choice, statement, signature });
  noteSigned(draft, hash, request.notice.hash);
  return { statement, signature };
}

function signStatement(session: Session, request: ConsentRequest) {
  const { address, sign } = session.identity;
  const hash = decodeBase64url(request.notice.hash, 32);
  if (hash === undefined) throw new RangeError("notice: its hash is not one");
  const statement = encodeConsentStatement({
    address: address.text,
    noticeHash: hash,
    purposes: PURPOSES.filter((purpose) => request.purposes.includes(purpose)),
    jurisdiction: address.jurisdiction,
    method: request.method,
    created: session.platform.now(),
    salt: randomBytes(SALT_SIZE),
  });
  return {
    statement: encodeBase64url(statement),
    signature: encodeBase64url(sign(statement)),
    hash: encodeBase64url(sha256(statement)),
  };
}

/**
 * Repeats what may succeed later; a withdrawal under way is worth waiting for as well. A nonce that the relay has
 * seen means that the vault is an old copy: once that is dealt with, the call goes through.
 */
async function retrying<T>(session: Session, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const code = error instanceof RelayProblem ? error.code : undefined;
      const again = code === "nonce-used" || code === "withdrawal-in-progress" || isTransient(error);
      if (failures === TRIES || !again) throw error;
      if (code === "nonce-used") await cleanOldCopy(session);
      await pause(backoffDelay(failures, Math.random()), new AbortController().signal);
    }
  }
}
