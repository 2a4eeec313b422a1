/**
 * Public halves of signing keys that the relay no longer has, as the wrangler var `RETIRED_RECEIPT_KEYS` lists them:
 *
 *     kid ":" x        as the key set had them, several separated by spaces
 *
 * Receipts are shown years later, and heads of the ledger are kept for good: both must verify when the secret behind their
 * key is long gone.
 */
import { decodeBase64url } from "../../protocol/base64url.ts";
import { type ReceiptJwk, receiptJwk } from "./signing-key.ts";

const KID = /^[0-9]{1,3}-receipts(-[0-9]{1,3})?$/;
const PUBLIC_KEY_SIZE = 32;

/** @throws Error when `text` is malformed: a key that was meant must not be missed */
export function retiredReceiptKeys(text: string): ReceiptJwk[] {
  const entries = text.split(" ").filter((entry) => entry !== "");
  return entries.map((entry) => {
    const [kid = "", x = "", ...rest] = entry.split(":");
    if (!KID.test(kid) || decodeBase64url(x, PUBLIC_KEY_SIZE) === undefined || rest.length > 0)
      throw new Error('RETIRED_RECEIPT_KEYS: "kid:x kid:x" expected, as the key set has them');
    return receiptJwk(kid, x);
  });
}
