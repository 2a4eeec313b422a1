/**
 * Withdrawals that the owner's other devices left behind: vault entry `left/<address>`, JSON. Each names one
 * consent, and whoever hands it in ends that one and nothing else.
 */
import { parseAddress } from "../../protocol/address.ts";
import { verifyDeviceSignature } from "../../protocol/device-signature.ts";
import { decodeWithdrawalStatement, encodeWithdrawalStatement } from "../../protocol/withdrawal-statement.ts";
import { currentConsent } from "../consent-record.ts";
import type { Identity } from "../identity.ts";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { type SignedWithdrawal, withdrawalFromJson, withdrawalToJson } from "./link-messages.ts";

const LEFT = "left/";

/** Signs what ends this device's consent in force. @returns undefined when there is none */
export function signWithdrawal(
  reader: VaultReader,
  { address, sign }: Identity,
): SignedWithdrawal | undefined {
  const consent = currentConsent(reader);
  if (consent === undefined) return undefined;
  const statement = encodeWithdrawalStatement({ address: address.text, consentId: consent.consentId });
  return { statement, signature: sign(statement) };
}

/** Keeps what `device` left, if it is its own; a newer one takes the place of an older. @returns whether it is */
export function keepWithdrawal(draft: VaultDraft, device: string, withdrawal: SignedWithdrawal): boolean {
  const address = parseAddress(device);
  const named = decodeWithdrawalStatement(withdrawal.statement);
  if (address === undefined || named?.address !== device) return false;
  if (!verifyDeviceSignature(address, withdrawal.statement, withdrawal.signature)) return false;
  putJson(draft, LEFT + device, withdrawalToJson(withdrawal));
  return true;
}

export function getWithdrawal(reader: VaultReader, device: string): SignedWithdrawal | undefined {
  return withdrawalFromJson(getJson(reader, LEFT + device));
}

export function dropWithdrawal(draft: VaultDraft, device: string): void {
  draft.delete(LEFT + device);
}
