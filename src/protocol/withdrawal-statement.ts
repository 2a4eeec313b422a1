/**
 * A withdrawal that a device signs beforehand and leaves behind, for whoever is to close its mailbox when the
 * device is lost: a `restante/withdrawal/1` statement over
 *
 *     address | consent id (16)
 *
 * It has no time and no nonce. The consent id bounds it: ids are random and a renewal keeps them, so it ends
 * that one consent whenever it is handed in, and never a later one.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "./address.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { decodeStatement, encodeStatement } from "./statement.ts";
import { decodeUtf8 } from "./utf8.ts";

const CONSENT_ID_SIZE = 16;

export interface WithdrawalStatement {
  readonly address: string;
  /** As the relay gave it: 16 octets, base64url. */
  readonly consentId: string;
}

/**
 * The bytes that the device signs.
 *
 * @throws RangeError when a field is outside the form above.
 */
export function encodeWithdrawalStatement(statement: WithdrawalStatement): Uint8Array {
  const consentId = decodeBase64url(statement.consentId, CONSENT_ID_SIZE);
  if (consentId === undefined) throw new RangeError("consentId: 16 octets in base64url expected");
  if (parseAddress(statement.address) === undefined) throw new RangeError("address: not an address");
  return encodeStatement("withdrawal", [utf8ToBytes(statement.address), consentId]);
}

/** @returns undefined for anything but the one exact form. */
export function decodeWithdrawalStatement(bytes: Uint8Array): WithdrawalStatement | undefined {
  const fields = decodeStatement("withdrawal", bytes, 2);
  if (fields === undefined) return undefined;
  const [address, consentId] = fields as [Uint8Array, Uint8Array];
  const parsed = parseAddress(decodeUtf8(address) ?? "");
  if (parsed === undefined || consentId.length !== CONSENT_ID_SIZE) return undefined;
  return { address: parsed.text, consentId: encodeBase64url(consentId) };
}
