/**
 * What this device itself knows of each yes that it gave, also of those that have ended: what it signed, and what the
 * relay signed for it. The ledger's events are held against it (history-check.ts).
 */
import type { Consent } from "./consent-record.ts";
import { namedHead } from "./signed-word.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

/** Vault entry, JSON. It stays when the consent ends: a person's proof of their own past is theirs alone. */
const OWN_CONSENTS = "device/own-consents";

export interface OwnConsent {
  readonly consentId: string;
  /** The newest consent receipt, compact JWS; absent when the answer to the yes was lost and never asked for again. */
  readonly receipt?: string;
  /** Of the statement that it is about, base64url. */
  readonly statementHash?: string;
  /** Hashes of the ledger events that its receipts named as the newest, oldest first; the last is the end's, if there is one. */
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

/**
 * @param statementHash of the statement that the receipt is to be about, base64url
 * @param now ms since 1970: whatever consent this device had before another one is over by then
 */
export function noteGranted(
  draft: VaultDraft,
  { consentId, receipt }: Consent,
  statementHash: string,
  now: number,
): void {
  const own = ownConsents(draft);
  const before = own.consents.find((consent) => consent.consentId === consentId)?.heads ?? [];
  const heads = withHead(before, receipt);
  const others = own.consents.filter((consent) => consent.consentId !== consentId);
  const ended = others.map((consent): OwnConsent => ({ endedAt: now, ...consent }));
  putJson(draft, OWN_CONSENTS, {
    ...own,
    consents: [...ended, { consentId, receipt, statementHash, heads }],
  });
}

/** Also of a consent that this device learns of only now: the answer to its yes was lost. */
export function noteEnded(
  draft: VaultDraft,
  consentId: string,
  erasureReceipt: string | undefined,
  now: number,
): void {
  const own = ownConsents(draft);
  const known = own.consents.find((consent) => consent.consentId === consentId);
  const ended: OwnConsent = {
    ...(known ?? { consentId }),
    heads: withHead(known?.heads ?? [], erasureReceipt ?? ""),
    endedAt: now,
    ...(erasureReceipt !== undefined && { erasureReceipt }),
  };
  // Whatever else there was had ended before: a device has one at a time.
  const consents = own.consents.map((consent) => (consent === known ? ended : { endedAt: now, ...consent }));
  putJson(draft, OWN_CONSENTS, { ...own, consents: known === undefined ? [...consents, ended] : consents });
}

function withHead(heads: readonly string[], receipt: string): readonly string[] {
  const head = namedHead(receipt);
  return head === undefined || heads.includes(head) ? heads : [...heads, head];
}
