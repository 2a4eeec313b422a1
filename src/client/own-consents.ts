/**
 * What this device itself knows of each yes that it gave, also of those that have ended: what it signed, and what the
 * relay signed for it. The ledger's events are held against it (history-check.ts).
 */
import { decodeBase64url } from "../protocol/base64url.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import type { Consent } from "./consent-record.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

/** Vault entry, JSON. It stays when the consent ends: a person's proof of their own past is theirs alone. */
const OWN_CONSENTS = "device/own-consents";

export interface OwnConsent {
  readonly consentId: string;
  /** The newest consent receipt, compact JWS. */
  readonly receipt: string;
  /** Hashes of the ledger events that its receipts named as the newest, oldest first. */
  readonly heads: readonly string[];
  /** Compact JWS, once it has ended and the relay gave one. */
  readonly erasureReceipt?: string;
  /** When this device learned of its end at the latest, ms since 1970. */
  readonly endedAt?: number;
}

export interface OwnConsents {
  /** The notice's hash by the hash of each statement that left this device, whether or not an answer came. */
  readonly signed: Readonly<Record<string, string>>;
  /** Oldest first. */
  readonly consents: readonly OwnConsent[];
}

export function ownConsents(reader: VaultReader): OwnConsents {
  return getJson<OwnConsents>(reader, OWN_CONSENTS) ?? { signed: {}, consents: [] };
}

/** Before a statement is sent: it may take effect though its answer is lost. */
export function noteSigned(draft: VaultDraft, statementHash: string, noticeHash: string): void {
  const own = ownConsents(draft);
  putJson(draft, OWN_CONSENTS, { ...own, signed: { ...own.signed, [statementHash]: noticeHash } });
}

/** @param now ms since 1970: whatever consent this device had before another one is over by then */
export function noteGranted(draft: VaultDraft, { consentId, receipt }: Consent, now: number): void {
  const own = ownConsents(draft);
  const before = own.consents.find((consent) => consent.consentId === consentId)?.heads ?? [];
  const head = ledgerHeadOf(receipt);
  const heads = head === undefined || before.includes(head) ? before : [...before, head];
  const others = own.consents.filter((consent) => consent.consentId !== consentId);
  const ended = others.map((consent): OwnConsent => ({ endedAt: now, ...consent }));
  putJson(draft, OWN_CONSENTS, { ...own, consents: [...ended, { consentId, receipt, heads }] });
}

export function noteEnded(
  draft: VaultDraft,
  consentId: string,
  erasureReceipt: string | undefined,
  now: number,
): void {
  const own = ownConsents(draft);
  const end = { endedAt: now, ...(erasureReceipt !== undefined && { erasureReceipt }) };
  const consents = own.consents.map((consent) =>
    consent.consentId === consentId ? { ...consent, ...end } : consent,
  );
  putJson(draft, OWN_CONSENTS, { ...own, consents });
}

/** @returns undefined when the receipt names none */
function ledgerHeadOf(receipt: string): string | undefined {
  const payload = decodeBase64url(receipt.split(".")[1] ?? "");
  try {
    const { ledger_head } = Object(JSON.parse((payload && decodeUtf8(payload)) ?? ""));
    return typeof ledger_head === "string" ? ledger_head : undefined;
  } catch {
    return undefined;
  }
}
