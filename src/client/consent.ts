/**
 * Agreeing. The yes is journaled before it is sent, so that a lost answer or a crash is made good by asking again: the
 * same statement gets the same answer.
 */
import type { ConsentGrantedAnswer, NoticeAnswer } from "../protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { PURPOSES } from "../protocol/consent-statement.ts";
import { hashOfNotice } from "../protocol/notice.ts";
import type { ProblemCode } from "../protocol/problem-codes.ts";
import { ROUTES } from "../protocol/routes.ts";
import { type Consent, keepConsent } from "./consent-record.ts";
import { insisting } from "./insisting.ts";
import {
  type ConsentRequest,
  forgetJournaledYes,
  hashOfYes,
  hasJournaledYes,
  journalYes,
} from "./journaled-yes.ts";
import { changeOwnNumber, forgetOwnNumber } from "./numbers/own-number.ts";
import { offeredIn, requireOffered } from "./offered.ts";
import { noteGranted, ownConsents } from "./own-consents.ts";
import { isProven } from "./own-receipts.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import { callWithNonce, type Session } from "./session.ts";
import { callOpen } from "./transport.ts";
import { forgetErasureReceipt } from "./withdrawing.ts";

const CONSENT_ID_SIZE = 16;

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
  const again = hasJournaledYes(session.vault);
  const { answer, statementHash } = await submitYes(session, request).catch((error) => {
    const spent = error instanceof RelayProblem && SPENT.has(error.code);
    // A statement kept from an earlier try never took effect, or did and has ended since: make a new one.
    if (again && spent) return submitYes(session, request);
    throw error;
  });
  if (decodeBase64url(answer.consentId, CONSENT_ID_SIZE) === undefined)
    throw new RelayProtocolError("The relay's answer names no consent.");
  const consent: Consent = {
    consentId: answer.consentId,
    // A consent without one is in force all the same: it can be ended, and not proven.
    receipt: typeof answer.receipt === "string" ? answer.receipt : "",
    purposes: PURPOSES.filter((purpose) => request.purposes.includes(purpose)),
    noticeVersion: request.notice.version,
    noticeHash: request.notice.hash,
    grantedAt: session.platform.now(),
    deliveryToken: answer.deliveryToken,
  };
  await session.vault.transaction((draft) => {
    keepConsent(draft, consent);
    noteGranted(draft, consent, statementHash, consent.grantedAt);
    // With the purpose goes what was only for it.
    if (!consent.purposes.includes("number")) forgetOwnNumber(draft);
    else if (!consent.purposes.includes("discovery")) changeOwnNumber(draft, { listed: false });
    forgetJournaledYes(draft);
    forgetErasureReceipt(draft);
  });
  return consent;
}

const SPENT = new Set<ProblemCode>(["statement-expired", "consent-used"]);

async function submitYes(
  session: Session,
  request: ConsentRequest,
): Promise<{ answer: ConsentGrantedAnswer; statementHash: string }> {
  const yes = await session.vault.transaction((draft) => journalYes(draft, session, request));
  try {
    const call = { method: "POST", path: ROUTES.consents, json: yes } as const;
    const answer = await insisting(session, () => callWithNonce<ConsentGrantedAnswer>(session, call));
    return { answer, statementHash: hashOfYes(yes) };
  } catch (error) {
    if (!isTransient(error)) await session.vault.transaction(forgetJournaledYes);
    throw error;
  }
}

/** Whether the receipt of `consent` proves it: see own-receipts.ts. */
export async function isConsentProven(
  { vault, platform, identity }: Session,
  { consentId }: Consent,
): Promise<boolean> {
  const own = ownConsents(vault).consents.find((consent) => consent.consentId === consentId);
  return own !== undefined && (await isProven(platform, identity, own));
}
