/**
 * A relay's signed word, as a compact JWS: receipts, proofs, heads of its ledger (docs/protocol.md, Receipts). It is
 * believed when a key of the relay's published set has signed it and it is of the type that is asked for (RFC 8725 §3.11).
 */
import type { JSONWebKeySet } from "jose";
import { decodeBase64url } from "../protocol/base64url.ts";
import { ROUTES } from "../protocol/routes.ts";
import { decodeUtf8 } from "../protocol/utf8.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import { callOpen, type Platform } from "./transport.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** @throws RelayUnreachableError, RelayProblem; RelayProtocolError when the answer has another form */
export async function fetchKeySet(platform: Platform, relay: string): Promise<JSONWebKeySet> {
  const keys = await callOpen<JSONWebKeySet>(platform, relay, { method: "GET", path: ROUTES.keySet });
  if (!Array.isArray(keys.keys)) throw new RelayProtocolError("The relay's key set has another form.");
  return keys;
}

/** What `jws` says. @returns undefined when none of `keys` has signed it, or it is of another type */
export async function claimsSignedBy(
  keys: JSONWebKeySet,
  jws: string,
  type: string,
): Promise<Claims | undefined> {
  // Loaded when there is something to verify: an app's first screen does not wait for it.
  const { compactVerify, createLocalJWKSet, errors } = await import("jose");
  try {
    const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(keys), {
      algorithms: ["EdDSA"],
    });
    return protectedHeader.typ === type ? readObject(payload) : undefined;
  } catch (error) {
    // What is no key at all makes the platform's own cryptography throw one of the latter two.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException)
      return undefined;
    throw error;
  }
}

/** What `jws` says of itself, whoever signed it: enough to refuse it unread by any key. */
export function unverifiedClaims(jws: string, type: string): Claims | undefined {
  const [header = "", payload = ""] = jws.split(".");
  return readPart(header)?.typ === type ? readPart(payload) : undefined;
}

/** The ledger event that a receipt names as the newest of its consent. @returns undefined when it names none */
export function namedHead(receipt: string): string | undefined {
  const head = readPart(receipt.split(".")[1] ?? "")?.ledger_head;
  return typeof head === "string" ? head : undefined;
}

function readPart(part: string): Claims | undefined {
  const octets = decodeBase64url(part);
  return octets && readObject(octets);
}

function readObject(octets: Uint8Array): Claims | undefined {
  try {
    const value: unknown = JSON.parse(decodeUtf8(octets) ?? "");
    return typeof value === "object" && value !== null ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
}
