/**
 * Receipts are compact JWS (RFC 7515) with EdDSA over Ed25519 (RFC 8037), so that any JWT library verifies
 * them against the relay's key set. Each kind has a `typ` of its own (RFC 8725 §3.11): one kind can never be
 * shown as another. Signing is deterministic: the same claims under the same key give the same bytes.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { importJWK, type JWTPayload, SignJWT } from "jose";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { LEDGER_HEAD_TYPE } from "../../protocol/ledger/head.ts";
import { currentSecret, type DerivedSecret, liveSecrets } from "../secrets/derived.ts";

const ALGORITHM = "EdDSA";
const LABEL = "receipts";

export const RECEIPT_TYPES = {
  consent: "restante-consent+jwt",
  erasure: "restante-erasure+jwt",
  revocation: "restante-revocation+jwt",
  ledger: LEDGER_HEAD_TYPE,
} as const;
export type ReceiptKind = keyof typeof RECEIPT_TYPES;

/** A public key of the relay's, as a JWK (RFC 8037 §2). */
export interface ReceiptJwk {
  kty: "OKP";
  crv: "Ed25519";
  alg: typeof ALGORITHM;
  use: "sig";
  /** Root version, label, and from the second on the label's version: `1-receipts`, `1-receipts-2`. */
  kid: string;
  x: string;
}

type SigningKey = Awaited<ReturnType<typeof importJWK>>;
// By the derived secret itself: another root is another object.
const imported = new WeakMap<DerivedSecret, Promise<SigningKey>>();

/** @throws Error when the root secret is malformed. */
export async function signReceipt(env: Env, kind: ReceiptKind, claims: JWTPayload): Promise<string> {
  const secret = currentSecret(env, LABEL);
  const key = imported.get(secret) ?? importSeed(secret);
  imported.set(secret, key);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, typ: RECEIPT_TYPES[kind], kid: keyId(secret) })
    .sign(await key);
}

/** The public halves of the keys that the relay can sign with, the current one first. */
export function receiptKeys(env: Env): ReceiptJwk[] {
  return liveSecrets(env, LABEL).map(publicJwk);
}

function importSeed(secret: DerivedSecret): Promise<SigningKey> {
  return importJWK({ ...publicJwk(secret), d: encodeBase64url(secret.bytes) }, ALGORITHM);
}

function publicJwk(secret: DerivedSecret): ReceiptJwk {
  return receiptJwk(keyId(secret), encodeBase64url(ed25519.getPublicKey(secret.bytes)));
}

/** @param x the public key, base64url */
export function receiptJwk(kid: string, x: string): ReceiptJwk {
  return { kty: "OKP", crv: "Ed25519", alg: ALGORITHM, use: "sig", kid, x };
}

function keyId({ rootVersion, labelVersion }: DerivedSecret): string {
  return `${rootVersion}-${LABEL}${labelVersion === 1 ? "" : `-${labelVersion}`}`;
}
