/**
 * What a relay says of a request's signature, by the profile of signed-request.ts. The address is the key, so the
 * edge verifies before anything behind it wakes. Verified with a library, for other software signs too: any
 * label, any order, more components and parameters than the profile asks for.
 */
import { verifySignature } from "http-message-sig";
import { type Address, parseAddress } from "./address.ts";
import { SIGNATURE_WINDOW_SECONDS } from "./limits.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { ALGORITHM, coveredComponents, type SignableRequest, TAG } from "./signed-request.ts";

const NONCE = /^(0|[1-9][0-9]{0,15})$/;

/** Verifies an Ed25519 signature of 64 octets. */
export type Verify = (
  publicKey: Uint8Array,
  signature: Uint8Array,
  data: Uint8Array,
) => boolean | Promise<boolean>;

export type RequestVerdict =
  | { readonly ok: true; readonly address: Address; readonly nonce: number | undefined }
  | { readonly ok: false; readonly code: ProblemCode };

/**
 * Checks a request's signature and age. The body's digest is the caller's to recompute, with
 * `contentDigest`, once the signature over the field has been proven worth reading the body for.
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
  const { signature, signatureInput } = fields;
  if (signature === null || signatureInput === null) return { ok: false, code: "signature-missing" };
  let address: Address | undefined;
  try {
    const { parameters } = await verifySignature(describe(request, { signature, signatureInput }), {
      policy: {
        algorithms: [ALGORITHM],
        requiredComponents: coveredComponents(request.contentDigest !== undefined),
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

function describe(
  request: SignableRequest,
  signed: { readonly signature: string; readonly signatureInput: string },
) {
  const fields = [
    { name: "signature", value: signed.signature },
    { name: "signature-input", value: signed.signatureInput },
  ];
  if (request.contentDigest !== undefined)
    fields.push({ name: "content-digest", value: request.contentDigest });
  return { kind: "request" as const, method: request.method, targetUri: request.url, fields };
}
