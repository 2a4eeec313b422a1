/**
 * Devices: RFC 9421 signatures, checked before the body is read and before any mailbox wakes. What only the
 * mailbox knows, whether the nonce has been used, it checks itself.
 */
import { createMiddleware } from "hono/factory";
import { MAX_JSON_BYTES } from "../../protocol/limits.ts";
import { verifyRequest } from "../../protocol/request-verdict.ts";
import { contentDigest } from "../../protocol/signed-request.ts";
import { verifyEd25519 } from "../secrets/ed25519.ts";
import { readBody } from "./body.ts";
import type { RelayContext, RelayEnv } from "./context.ts";
import { ProblemError } from "./problem.ts";

/** For calls that only read, and acknowledgements: sets `device`. */
export const signed = createMiddleware<RelayEnv>(async (c, next) => {
  await authenticate(c);
  await next();
});

/** For calls that change state: sets `device` and `nonce`, which must have been signed. */
export const signedChange = createMiddleware<RelayEnv>(async (c, next) => {
  const nonce = await authenticate(c);
  if (nonce === undefined) throw new ProblemError("signature-invalid");
  c.set("nonce", nonce);
  await next();
});

async function authenticate(c: RelayContext): Promise<number | undefined> {
  const { headers, method, url } = c.req.raw;
  const digest = headers.get("content-digest") ?? undefined;
  const verdict = await verifyRequest(
    { method, url, contentDigest: digest },
    { signature: headers.get("signature"), signatureInput: headers.get("signature-input") },
    verifyEd25519,
    Math.floor(Date.now() / 1000),
  );
  if (!verdict.ok) throw new ProblemError(verdict.code);
  const body = await readBody(c.req.raw, MAX_JSON_BYTES);
  // A body without a digest is not covered by the signature: whoever is in between could have put it there.
  if (digest === undefined && body.length > 0) throw new ProblemError("signature-invalid");
  if (digest !== undefined && digest !== contentDigest(body)) throw new ProblemError("digest-mismatch");
  c.set("device", { address: verdict.address, body });
  return verdict.nonce;
}
