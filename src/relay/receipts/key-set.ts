/** The relay's public keys as a JWK Set (RFC 7517 §5), served at /.well-known/jwks.json. */
import { retiredReceiptKeys } from "./retired-keys.ts";
import { type ReceiptJwk, receiptKeys } from "./signing-key.ts";

/** @throws Error when RETIRED_RECEIPT_KEYS is malformed */
export function receiptKeySet(env: Env): { keys: ReceiptJwk[] } {
  const live = receiptKeys(env);
  const retired = retiredReceiptKeys(env.RETIRED_RECEIPT_KEYS ?? "");
  // One that is listed before its version is dropped is there once.
  return { keys: [...live, ...retired.filter(({ kid }) => !live.some((key) => key.kid === kid))] };
}
