/**
 * What a grant leaves in its owner's hand. Fields are those of ISO/IEC TS 27560 and the Kantara consent receipt
 * 1.1 that apply here, under their names there; the signed statement is inside, so that the receipt proves both
 * sides: the device's yes and the relay's record of it. `ledger_head` is the hash of the consent's newest event:
 * whoever keeps the receipt can show that the ledger was changed behind it.
 */
import type { Purpose } from "../../protocol/consent-statement.ts";
import { PURPOSE_DESCRIPTIONS } from "../consent/purposes.ts";
import type { ConsentRecord } from "../consent/record.ts";
import { ceilingSeconds } from "../consent/retention.ts";
import { numberVendors } from "../verification/number-vendors.ts";
import { signReceipt } from "./signing-key.ts";

/** Without messaging there is no mailbox, and so no consent: a renewal without it is refused. */
const TERMINATION = {
  messaging: "the withdrawal of the consent",
  other: "a renewal without this purpose, or the withdrawal of the consent",
} as const;

/** Kinds of personal data that a purpose needs (TS 27560: PII type), as the notice describes them. */
const PURPOSE_DATA: Readonly<Record<Purpose, readonly string[]>> = {
  messaging: ["device address", "sealed messages, which the relay cannot read", "public one-time keys"],
  number: ["telephone number, while its code is checked", "keyed hash of the number"],
  discovery: ["device address, sealed under the number's tag"],
  "wake-up": ["push subscription"],
  receipts: [],
};

/** @param ledgerHead base64url of the newest event's hash */
export async function signConsentReceipt(
  env: Env,
  record: Omit<ConsentRecord, "receipt">,
  ledgerHead: string,
): Promise<string> {
  return signReceipt(env, "consent", {
    iat: Math.floor(record.grantedAt / 1000),
    schema_version: "restante/consent-receipt/1",
    record_id: record.consentId,
    pii_principal_id: record.address,
    pii_controller: record.controller,
    privacy_notice: { version: record.noticeVersion, hash: record.noticeHash },
    purposes: record.purposes.map((purpose) => ({
      purpose,
      description: PURPOSE_DESCRIPTIONS[purpose],
      lawful_basis: "consent",
      consent_type: "explicit",
      pii_information: PURPOSE_DATA[purpose],
      // None implies another, and none is a condition of the service but the one that is the service.
      primary_purpose: purpose === "messaging",
      termination: purpose === "messaging" ? TERMINATION.messaging : TERMINATION.other,
    })),
    sensitive_pii: false,
    jurisdiction: record.jurisdiction,
    collection_method: record.method,
    event_type: "explicit",
    event_state: "consent given",
    consent_timestamp: record.grantedAt,
    retention_period_seconds: ceilingSeconds(env),
    recipient_third_parties: record.purposes.includes("number") ? numberVendors(env) : [],
    withdrawal_method: "DELETE /v1/consents/current",
    privacy_rights: {
      access: "GET /v1/mailbox/held",
      portability: "GET /v1/consents/events",
      erasure: "DELETE /v1/consents/current",
    },
    statement: record.statement,
    signature: record.signature,
    ledger_head: ledgerHead,
  });
}
