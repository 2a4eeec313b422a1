/**
 * Signed requests: HTTP Message Signatures (RFC 9421) with the device's Ed25519 key, one profile for both ends.
 *
 * - covers `@method`, `@target-uri` and, when there is a body, `content-digest` (RFC 9530, sha-256)
 * - parameters `created`, `keyid` (the address), `alg` = `ed25519`, `tag` = `restante`; any label
 * - calls that change state carry `nonce`: decimal digits of an integer that only grows
 *
 * The address is the key, so the edge verifies before anything behind it wakes.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { base64 } from "@scure/base";
import { createSignatureSync, type SignatureFields, verifySignature } from "http-message-sig";
import { type Address, parseAddress } from "./address.ts";
import { SIGNATURE_WINDOW_SECONDS } from "./limits.ts";
import type { ProblemCode } from "./problems.ts";

const ALGORITHM = "ed25519";
const TAG = "restante";
const NONCE = /^(0|[1-9][0-9]{0,15})$/;

/** Signs with the device's key; pure Ed25519 (RFC 8032 §5.1.6). */
export type Sign = (data: Uint8Array) => Uint8Array;

/** Verifies an Ed25519 signature of 64 octets. */
export type Verify = (
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
) => boolean | Promise<boolean>;

export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  readonly contentDigest?: string | undefined;
}

/** The `Content-Digest` field for a body. */
export function contentDigest(body: Uint8Array): string {
  return `sha-256=:${base64.encode(sha256(body))}:`;
}

/**
 * Makes the `Signature` and `Signature-Input` fields.
 *
 * @param created seconds since 1970
 * @param nonce greater than any before, for calls that change state
 */
export function signRequest(
  request: SignableRequest,
  address: string,
  sign: Sign,
  created: number,
  nonce?: number,
): SignatureFields {
  return createSignatureSync(describe(request), {
    label: TAG,
    components: components(request.contentDigest !== undefined),
    parameters: {
      created,
      keyid: address,
      alg: ALGORITHM,
      tag: TAG,
      ...(nonce === undefined ? {} : { nonce: String(nonce) }),
    },
    signer: { algorithm: ALGORITHM, sign },
  });
}

export type RequestVerdict =
  | { readonly ok: true; readonly address: Address; readonly nonce: number | undefined }
  | { readonly ok: false; readonly code: ProblemCode };

/**
 * Checks a request's signature and age. The body's digest is the caller's to recompute, with
 * {@link contentDigest}, once the signature over the field has been proven worth reading the body for.
 *
 * @param request with `contentDigest` when it has a body: it must then be covered
 * @param now seconds since 1970
 */
export async function verifyRequest(
  request: SignableRequest,
  fields: { readonly signature: string | null; readonly signatureInput: string | null },
  verify: Verify,
  now: number,
): Promise<RequestVerdict> {
  if (fields.signature === null || fields.signatureInput === null)
    return { ok: false, code: "signature-missing" };
  let address: Address | undefined;
  try {
    const { parameters } = await verifySignature(describe(request, fields), {
      policy: {
        algorithms: [ALGORITHM],
        requiredComponents: components(request.contentDigest !== undefined),
        requiredParameters: ["created", "keyid", "alg", "tag"],
        // The library stretches maxAge by clockSkew; age is judged below, to tell it apart from a bad signature.
        now: 0,
        clockSkew: Number.MAX_SAFE_INTEGER,
      },
      resolveVerifier: ({ parameters }) => {
        address = parseAddress(parameters.keyid ?? "");
        if (address === undefined || parameters.tag !== TAG) throw new Error("not a device's signature");
        const { publicKey } = address;
        return { algorithm: ALGORITHM, verify: (data, signature) => verify(publicKey, signature, data) };
      },
    });
    const nonce = parameters.nonce;
    const age = now - (parameters.created ?? 0);
    const ended = parameters.expires !== undefined && parameters.expires < now;
    if (ended || Math.abs(age) > SIGNATURE_WINDOW_SECONDS) return { ok: false, code: "signature-expired" };
    if (address === undefined || (nonce !== undefined && !isNonce(nonce)))
      return { ok: false, code: "signature-invalid" };
    return { ok: true, address, nonce: nonce === undefined ? undefined : Number(nonce) };
  } catch {
    return { ok: false, code: "signature-invalid" };
  }
}

function isNonce(text: string): boolean {
  return NONCE.test(text) && Number.isSafeInteger(Number(text));
}

function components(hasBody: boolean): string[] {
  return hasBody ? ["@method", "@target-uri", "content-digest"] : ["@method", "@target-uri"];
}

function describe(
  request: SignableRequest,
  signed?: { readonly signature: string | null; readonly signatureInput: string | null },
) {
  const fields: { name: string; value: string }[] = [];
  if (request.contentDigest !== undefined)
    fields.push({ name: "content-digest", value: request.contentDigest });
  if (signed?.signature) fields.push({ name: "signature", value: signed.signature });
  if (signed?.signatureInput) fields.push({ name: "signature-input", value: signed.signatureInput });
  return { kind: "request" as const, method: request.method, targetUri: request.url, fields };
}
