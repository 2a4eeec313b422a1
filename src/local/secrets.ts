/** Secrets for a relay on this machine, each in the form that the Worker reads, as version 1. */
import { randomBytes } from "node:crypto";
import { ristretto255_oprf } from "@noble/curves/ed25519.js";

export function freshRootSecret(): string {
  return `1:${randomBytes(32).toString("base64url")}`;
}

/** Of the directory or of introductions: a random scalar (RFC 9497 §2.1). */
export function freshVoprfKeys(): string {
  const { secretKey } = ristretto255_oprf.voprf.generateKeyPair();
  return `1:${Buffer.from(secretKey).toString("base64url")}`;
}
