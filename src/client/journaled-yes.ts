/**
 * The yes that is on its way, journaled before it is sent: the same choice, asked again after a failure, must be the same
 * statement, for it may have taken effect.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { randomBytes } from "@noble/hashes/utils.js";
import type { NoticeAnswer } from "../protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { encodeConsentStatement, PURPOSES, type Purpose, SALT_SIZE } from "../protocol/consent-statement.ts";
import { noteSigned } from "./own-consents.ts";
import type { Session } from "./session.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const STATEMENT = "device/consent-statement";

export interface ConsentRequest {
  readonly notice: NoticeAnswer;
  readonly purposes: readonly Purpose[];
  /** How the person was asked: `app`, `cli`, … */
  readonly method: string;
}

/** base64url. */
export interface SignedYes {
  readonly statement: string;
  readonly signature: string;
}

interface Journaled extends SignedYes {
  readonly choice: string;
  /** Of the consent that it made, once the relay has said so; base64url. */
  readonly consentId?: string;
}

/** Whether a yes left this device, or may have, and its answer has not come. */
export function hasJournaledYes(reader: VaultReader): boolean {
  return reader.get(STATEMENT) !== undefined;
}

/** The consent that it made, as far as this device was told. */
export function journaledConsentId(reader: VaultReader): string | undefined {
  return getJson<Journaled>(reader, STATEMENT)?.consentId;
}

/** What its end was asked for under, before that is proven: else nothing here would lead to its receipt. */
export function noteJournaledConsentId(draft: VaultDraft, consentId: string): void {
  const journaled = getJson<Journaled>(draft, STATEMENT);
  if (journaled !== undefined) putJson(draft, STATEMENT, { ...journaled, consentId } satisfies Journaled);
}

export function forgetJournaledYes(draft: VaultDraft): void {
  draft.delete(STATEMENT);
}

export function journalYes(draft: VaultDraft, session: Session, request: ConsentRequest): SignedYes {
  const choice = JSON.stringify([request.notice.hash, [...request.purposes].sort(), request.method]);
  const kept = getJson<Journaled>(draft, STATEMENT);
  if (kept?.choice === choice) return { statement: kept.statement, signature: kept.signature };
  const yes = signYes(session, request);
  putJson(draft, STATEMENT, { choice, ...yes } satisfies Journaled);
  noteSigned(draft, hashOfYes(yes), request.notice.hash);
  return yes;
}

/** As the ledger names it, base64url. */
export function hashOfYes({ statement }: SignedYes): string {
  return encodeBase64url(sha256(decodeBase64url(statement) ?? new Uint8Array()));
}

function signYes({ identity: { address, sign }, platform }: Session, request: ConsentRequest): SignedYes {
  const noticeHash = decodeBase64url(request.notice.hash, 32);
  if (noticeHash === undefined) throw new RangeError("notice: its hash is not one");
  const statement = encodeConsentStatement({
    address: address.text,
    noticeHash,
    purposes: PURPOSES.filter((purpose) => request.purposes.includes(purpose)),
    jurisdiction: address.jurisdiction,
    method: request.method,
    created: platform.now(),
    salt: randomBytes(SALT_SIZE),
  });
  return { statement: encodeBase64url(statement), signature: encodeBase64url(sign(statement)) };
}
