/** The device's own record of its consent. */
import type { Purpose } from "../protocol/consent-statement.ts";
import { NoConsentError } from "./relay-problem.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "./vault/vault.ts";

const CONSENT = "device/consent";

/** What the device keeps of its own consent. */
export interface Consent {
  readonly consentId: string;
  /** Compact JWS by the relay: the person's proof of what was agreed. */
  readonly receipt: string;
  readonly purposes: readonly Purpose[];
  readonly noticeVersion: number;
  readonly noticeHash: string;
  readonly grantedAt: number;
  /** What contacts need to deposit; goes into the contact card. */
  readonly deliveryToken: string;
}

/** The consent in force as the device knows it. */
export function currentConsent(reader: VaultReader): Consent | undefined {
  return getJson<Consent>(reader, CONSENT);
}

/** @throws NoConsentError before anything leaves the device */
export function requireConsent(reader: VaultReader): Consent {
  const consent = currentConsent(reader);
  if (consent === undefined)
    throw new NoConsentError("This device has not agreed to anything. Read the notice and consent first.");
  return consent;
}

export function keepConsent(draft: VaultDraft, consent: Consent): void {
  putJson(draft, CONSENT, consent);
}

export function dropConsent(draft: VaultDraft): void {
  draft.delete(CONSENT);
}
