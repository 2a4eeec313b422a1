/** What a person must have agreed to before anything about a number leaves the device. */
import type { Purpose } from "../../protocol/consent-statement.ts";
import { requireConsent } from "../consent-record.ts";
import type { VaultReader } from "../vault/vault.ts";

/** The purpose was not granted: nothing was sent, not even a blinded number. Ask the person, and consent anew. */
export class NumberPurposeError extends Error {
  override readonly name = "NumberPurposeError";
  readonly purpose: Purpose;

  constructor(purpose: Purpose) {
    super(`This device has not agreed to the purpose ${purpose}.`);
    this.purpose = purpose;
  }
}

/** @throws NoConsentError, NumberPurposeError before anything leaves the device */
export function requirePurpose(reader: VaultReader, purpose: "number" | "discovery"): void {
  if (!requireConsent(reader).purposes.includes(purpose)) throw new NumberPurposeError(purpose);
}
