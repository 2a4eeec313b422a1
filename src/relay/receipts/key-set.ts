/** The relay's public keys as a JWK Set (RFC 7517 §5), served at /.well-known/jwks.json. */
import { type ReceiptJwk, receiptKeys } from "./signing-key.ts";

export function receiptKeySet(env: Env): { keys: ReceiptJwk[] } {
  return { keys: receiptKeys(env) };
}
