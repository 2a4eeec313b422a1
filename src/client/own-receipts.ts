/**
 * Whether the receipts that this device was given prove what they are for: they are signed by a key that the relay
 * publishes, are of their own type, and say of this very consent what this device signed. One that does not hold ends or
 * begins nothing by itself; it is only no proof.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { JSONWebKeySet } from "jose";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import { decodeConsentStatement } from "../protocol/consent-statement.ts";
import type { Identity } from "./identity.ts";
import type { OwnConsent } from "./own-consents.ts";
import { isRelayError, RelayProtocolError } from "./relay-problem.ts";
import { type Claims, claimsSignedBy, fetchKeySet, unverifiedClaims } from "./signed-word.ts";
import type { Platform } from "./transport.ts";

const CONSENT_TYPE = "restante-consent+jwt";
const ERASURE_TYPE = "restante-erasure+jwt";
const HASH_SIZE = 32;

/** A consent's receipt, and the statement that it must be about: the newest that this device signed for it. */
export type ReceivedConsent = Pick<OwnConsent, "consentId" | "receipt" | "statementHash">;

export async function provesConsent(
  keys: JSONWebKeySet,
  identity: Identity,
  consent: ReceivedConsent,
): Promise<boolean> {
  const claims = await claimsSignedBy(keys, consent.receipt ?? "", CONSENT_TYPE);
  return claims !== undefined && saysWhatWasSigned(claims, identity, consent);
}

/**
 * The same, with the keys as the relay publishes them now; nothing is asked for where the receipt already says something
 * else.
 *
 * @returns false also when the keys, or what checks with them, can't be had: then it is not known
 */
export async function isProven(
  platform: Platform,
  identity: Identity,
  consent: ReceivedConsent,
): Promise<boolean> {
  const claims = unverifiedClaims(consent.receipt ?? "", CONSENT_TYPE);
  if (claims === undefined || !saysWhatWasSigned(claims, identity, consent)) return false;
  try {
    return await provesConsent(await fetchKeySet(platform, identity.relay), identity, consent);
  } catch (error) {
    // The latter: what verifies is loaded only now, and could not be.
    if (isRelayError(error) || error instanceof TypeError) return false;
    throw error;
  }
}

export async function provesErasure(
  keys: JSONWebKeySet,
  receipt: string,
  consentId: string,
): Promise<boolean> {
  const claims = await claimsSignedBy(keys, receipt, ERASURE_TYPE);
  return claims?.consentId === consentId && isHash(claims.ledger_head);
}

/**
 * The consent whose end a receipt says it is about, whoever signed it. While a consent is in force its id gives the consent
 * receipt: that is no proof of an end.
 */
export function consentErasedBy(receipt: unknown): string | undefined {
  const claims = typeof receipt === "string" ? unverifiedClaims(receipt, ERASURE_TYPE) : undefined;
  return typeof claims?.consentId === "string" ? claims.consentId : undefined;
}

/**
 * Before this device believes in the end of a consent.
 *
 * @throws RelayProtocolError when `receipt` does not prove it; RelayUnreachableError, RelayProblem when the keys can't be had
 */
export async function requireErasure(
  platform: Platform,
  relay: string,
  receipt: string,
  consentId: string,
): Promise<void> {
  if (consentErasedBy(receipt) !== consentId)
    throw new RelayProtocolError("The relay answered with a receipt of something else. Nothing was ended.");
  if (!(await provesErasure(await fetchKeySet(platform, relay), receipt, consentId)))
    throw new RelayProtocolError(
      "The relay's receipt does not prove that the consent ended: it may be in force. Try again.",
    );
}

function saysWhatWasSigned(claims: Claims, identity: Identity, consent: ReceivedConsent): boolean {
  const { record_id, pii_principal_id, statement, signature, ledger_head } = claims;
  if (record_id !== consent.consentId || pii_principal_id !== identity.address.text) return false;
  const octets = typeof statement === "string" ? decodeBase64url(statement) : undefined;
  if (octets === undefined || encodeBase64url(sha256(octets)) !== consent.statementHash) return false;
  // A signature of Ed25519 is the same each time (RFC 8032 §5.1.6).
  return (
    signature === encodeBase64url(identity.sign(octets)) && isHash(ledger_head) && agrees(claims, octets)
  );
}

/** What the receipt says beside the statement must be what the statement says. */
function agrees(claims: Claims, octets: Uint8Array): boolean {
  const signed = decodeConsentStatement(octets);
  if (signed === undefined || !Array.isArray(claims.purposes)) return false;
  const purposes = claims.purposes.map((entry) => Object(entry).purpose);
  return (
    purposes.join(" ") === signed.purposes.join(" ") &&
    claims.jurisdiction === signed.jurisdiction &&
    Object(claims.privacy_notice).hash === encodeBase64url(signed.noticeHash)
  );
}

function isHash(value: unknown): boolean {
  return typeof value === "string" && decodeBase64url(value, HASH_SIZE) !== undefined;
}
