/**
 * The relay's word to a sender that a deposit was taken back before the device acknowledged it, and that the
 * mailbox will not hand it over: what a sender needs before it falls back to SMS. Its time is that of the
 * revocation, so asking again gives the same bytes.
 */
import { encodeBase64url } from "../../protocol/base64url.ts";
import { signReceipt } from "./signing-key.ts";

/**
 * @param revocation.key the sender's deposit key, 16 octets
 * @param revocation.revokedAt ms since 1970
 */
export async function signRevocationProof(
  env: Env,
  revocation: { address: string; key: Uint8Array; revokedAt: number },
): Promise<string> {
  return signReceipt(env, "revocation", {
    iat: Math.floor(revocation.revokedAt / 1000),
    address: revocation.address,
    deposit: encodeBase64url(revocation.key),
    state: "revoked",
  });
}
