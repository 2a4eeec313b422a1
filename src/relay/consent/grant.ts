/**
 * A grant: first the record and its event in D1, then the mailbox. In this order a crash leaves at worst a
 * recorded yes without a mailbox, never a mailbox without a recorded yes, and sending the same statement again
 * finishes it; if nothing does, the daily run ends it (unopened.ts). The other races are with a withdrawal, which erases
 * in the opposite order:
 *
 * - It holds the mailbox: `open` answers `withdrawing`. A renewal asks before it writes. A first grant finds no
 *   record then and has written its own: it ends that consent again before it answers.
 * - It ended the consent between our reading or writing and our `open`: the record is gone afterwards, and the mailbox
 *   that we made, which lets nobody in before `confirm`, is withdrawn again; by its alarm if not here.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import type { EventKind } from "../../protocol/ledger/event.ts";
import type { ProblemCode } from "../../protocol/problem-codes.ts";
import type { MailboxCalls } from "../mailbox/calls.ts";
import { signConsentReceipt } from "../receipts/consent-receipt.ts";
import { followingEvent } from "./event.ts";
import { recordsOf } from "./jurisdictions.ts";
import { isStatementUsed, newestEvent } from "./ledger.ts";
import { currentNotice } from "./notice.ts";
import type { ConsentRecord } from "./record.ts";
import { consentOf, noteMailbox, writeGrant, writeRenewal } from "./records.ts";
import { isFresh, type SignedStatement } from "./signed-statement.ts";
import { endUnopened } from "./unopened.ts";

const CONSENT_ID_SIZE = 16;

export interface Grant {
  readonly statement: SignedStatement;
  readonly nonce: number;
  /** ms since 1970. */
  readonly now: number;
}

export type GrantOutcome =
  | {
      readonly outcome: "granted";
      /** Whether this call changed anything; false for a repetition. */
      readonly first: boolean;
      readonly record: ConsentRecord;
      readonly epoch: Uint8Array;
    }
  | { readonly outcome: "refused"; readonly code: ProblemCode };

/** Takes a verified statement: a first grant, a renewal of the consent in force, or a repetition of it. */
export async function grantConsent(env: Env, mailbox: MailboxCalls, grant: Grant): Promise<GrantOutcome> {
  const { statement, now } = grant;
  const current = await consentOf(recordsOf(env, statement.address), statement.address);
  if (current?.statementHash === statement.hash) return open(env, mailbox, grant, current, "repeated");
  if (encodeBase64url(statement.noticeHash) !== currentNotice(env).hash) return refuse("notice-superseded");
  if (!isFresh(statement.created, now)) return refuse("statement-expired");
  if (await isStatementUsed(recordsOf(env, statement.address), statement.hash)) return refuse("consent-used");
  const obstacle = current && (await obstacleToRenewal(mailbox, current, grant.nonce));
  if (obstacle !== undefined) return refuse(obstacle);
  // The mailbox first: if the next step fails, nobody begins under a purpose that has ended.
  if (current && narrowsDiscovery(current, statement)) {
    const ended = await mailbox.endIntroductions(current.consentId);
    if (ended.outcome === "unavailable") return refuse("unavailable");
  }

  const written = current === undefined ? "granted" : "renewed";
  const record = await write(env, grant, current);
  if (record === undefined) return refuse("unavailable");
  return open(env, mailbox, grant, record, written);
}

/** Why the mailbox would not take a renewal, asked before anything is written. */
async function obstacleToRenewal(
  mailbox: MailboxCalls,
  current: ConsentRecord,
  nonce: number,
): Promise<ProblemCode | undefined> {
  const status = await mailbox.status();
  if (status.outcome === "unavailable") return "unavailable";
  if (status.outcome === "status") return nonce > status.nonce ? undefined : "nonce-used";
  // Withdrawing, or a grant that crashed before its mailbox opened: opening it tells, and completes the latter. Under
  // the nonce before, or the renewal would be taken for a repetition of this, and its purposes and notice not taken over.
  const opened = await mailbox.open(openingOf(current, nonce - 1));
  return "epoch" in opened ? undefined : codeOf(opened.outcome);
}

/** @returns undefined when another grant or an end of the same consent was faster */
async function write(
  env: Env,
  { statement, now }: Grant,
  current: ConsentRecord | undefined,
): Promise<ConsentRecord | undefined> {
  const notice = currentNotice(env);
  const unsigned = {
    address: statement.address,
    consentId: current?.consentId ?? encodeBase64url(crypto.getRandomValues(new Uint8Array(CONSENT_ID_SIZE))),
    controller: notice.controller,
    noticeVersion: notice.version,
    noticeHash: notice.hash,
    purposes: statement.purposes,
    jurisdiction: statement.jurisdiction,
    method: statement.method,
    grantedAt: now,
    statement: statement.text,
    signature: statement.signature,
    statementHash: statement.hash,
  };
  const newest = await newestEvent(recordsOf(env, statement.address), unsigned.consentId);
  // Asked again behind the event that this one follows: a renewal since `current` was read has told the mailbox what it
  // covers, and this one, which would take its place in D1, may come to the mailbox with a nonce too late.
  if (current !== undefined && (await renewedSince(env, current))) return undefined;
  const event = followingEvent(newest, {
    consentId: unsigned.consentId,
    kind: kindOf(current, statement),
    occurredAt: now,
    noticeHash: notice.hash,
    statementHash: statement.hash,
  });
  const record = { ...unsigned, receipt: await signConsentReceipt(env, unsigned, event.hash) };
  try {
    await (current === undefined ? writeGrant : writeRenewal)(recordsOf(env, record.address), record, event);
    return record;
  } catch (error) {
    // The same statement sent twice at once: the other one's record is as good.
    const other = await consentOf(recordsOf(env, statement.address), statement.address);
    if (other?.statementHash === statement.hash) return other;
    if (other?.statementHash !== current?.statementHash) return undefined;
    throw error;
  }
}

async function renewedSince(env: Env, { address, statementHash }: ConsentRecord): Promise<boolean> {
  return (await consentOf(recordsOf(env, address), address))?.statementHash !== statementHash;
}

async function open(
  env: Env,
  mailbox: MailboxCalls,
  grant: Grant,
  record: ConsentRecord,
  written: "granted" | "renewed" | "repeated",
): Promise<GrantOutcome> {
  const { consentId } = record;
  const opened = await mailbox.open(openingOf(record, grant.nonce));
  if ("epoch" in opened) {
    const noted = await noteMailbox(recordsOf(env, record.address), consentId);
    const confirmed = await (noted === undefined
      ? mailbox.withdraw(consentId)
      : mailbox.confirm(consentId, noted.discovery));
    if (confirmed.outcome === "unavailable") return refuse("unavailable");
    if (confirmed.outcome !== "confirmed") return refuse("withdrawal-in-progress");
    const first = written !== "repeated" || opened.outcome === "opened";
    return { outcome: "granted", first, record, epoch: opened.epoch };
  }
  // After `unavailable` and `nonce-used` the record stays: the same statement, sent again, goes on from here.
  if (written === "granted" && opened.outcome === "withdrawing")
    await endUnopened(env, mailbox, record, { at: grant.now, kind: "withdrawn" });
  return refuse(codeOf(opened.outcome));
}

/** What the mailbox is told of a consent. */
function openingOf({ consentId, address, noticeVersion, purposes }: ConsentRecord, nonce: number) {
  return { consentId, address, noticeVersion, nonce, introductions: purposes.includes("discovery") };
}

/** A renewal that takes a purpose away is `narrowed`, whatever it adds. */
function kindOf(current: ConsentRecord | undefined, { purposes }: SignedStatement): EventKind {
  if (current === undefined) return "granted";
  return current.purposes.every((purpose) => purposes.includes(purpose)) ? "renewed" : "narrowed";
}

function narrowsDiscovery(current: ConsentRecord, { purposes }: SignedStatement): boolean {
  return current.purposes.includes("discovery") && !purposes.includes("discovery");
}

function codeOf(outcome: "withdrawing" | "nonce-used" | "unavailable"): ProblemCode {
  return outcome === "withdrawing" ? "withdrawal-in-progress" : outcome;
}

function refuse(code: ProblemCode): GrantOutcome {
  return { outcome: "refused", code };
}
