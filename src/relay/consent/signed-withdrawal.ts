/** Whether a statement is a withdrawal that its device signed, before any look at D1 or a mailbox. */
import { type Address, isTorsionFree, parseAddress } from "../../protocol/address.ts";
import { decodeBase64url } from "../../protocol/base64url.ts";
import type { Verify } from "../../protocol/request-verdict.ts";
import { decodeWithdrawalStatement } from "../../protocol/withdrawal-statement.ts";

const SIGNATURE_SIZE = 64;

/** A statement whose form and signature have been checked. */
export interface SignedWithdrawal {
  readonly address: Address;
  /** Of the consent that it ends: 16 octets, base64url. */
  readonly consentId: string;
}

/**
 * Reads and verifies a statement that anybody may have sent. A key with a small-order part is refused: somebody
 * else's signature could verify under it.
 *
 * @returns undefined when it is not a withdrawal, or was not signed by the address in it
 */
export async function readWithdrawal(
  sent: { readonly statement: string; readonly signature: string },
  verify: Verify,
): Promise<SignedWithdrawal | undefined> {
  const bytes = decodeBase64url(sent.statement);
  const signature = decodeBase64url(sent.signature, SIGNATURE_SIZE);
  const statement = bytes && decodeWithdrawalStatement(bytes);
  if (bytes === undefined || signature === undefined || statement === undefined) return undefined;
  const address = parseAddress(statement.address);
  if (address === undefined) return undefined;
  if (!(await verify(address.publicKey, signature, bytes)) || !isTorsionFree(address)) return undefined;
  return { address, consentId: statement.consentId };
}
