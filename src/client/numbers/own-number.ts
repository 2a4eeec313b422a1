/** This device's own number, as far as it was verified: vault entries `number/own` and `number/verification`. */
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";

const OWN = "number/own";
const VERIFICATION = "number/verification";

export interface OwnNumber {
  /** E.164. */
  readonly number: string;
  readonly verifiedAt: number;
  /** The relay's proof that this device verified it, and until when it is taken. */
  readonly proof: string;
  readonly proofExpires: number;
  /** Whether the owner wants to be found by it. */
  readonly listed: boolean;
  /** Since when it was last asked to be, ms since 1970. */
  readonly listedAt?: number;
  /** When it was last looked up to see that it leads here. */
  readonly checkedAt?: number;
  /** When the owner was last told that this could not be done. */
  readonly uncheckedToldAt?: number;
  /** When it was last sent to be listed under a newer key. */
  readonly relistedAt?: number;
}

/** A code that is on its way. */
export interface Verification {
  readonly id: string;
  readonly number: string;
  /** When another code may be asked for, ms since 1970. */
  readonly resendAt: number;
  /** Until when the code is taken, ms since 1970. */
  readonly expires: number;
}

export function getOwnNumber(reader: VaultReader): OwnNumber | undefined {
  return getJson<OwnNumber>(reader, OWN);
}

export function putOwnNumber(draft: VaultDraft, own: OwnNumber): void {
  putJson(draft, OWN, own);
}

export function changeOwnNumber(draft: VaultDraft, change: Partial<OwnNumber>): void {
  const own = getOwnNumber(draft);
  if (own !== undefined) putOwnNumber(draft, { ...own, ...change });
}

export function getVerification(reader: VaultReader): Verification | undefined {
  return getJson<Verification>(reader, VERIFICATION);
}

export function putVerification(draft: VaultDraft, verification: Verification | undefined): void {
  if (verification === undefined) draft.delete(VERIFICATION);
  else putJson(draft, VERIFICATION, verification);
}

export function forgetOwnNumber(draft: VaultDraft): void {
  draft.delete(OWN);
  draft.delete(VERIFICATION);
}
