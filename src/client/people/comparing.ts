/** Comparing safety numbers: what is shown, and what is kept of a comparison. */
import { type Address, parseAddress } from "../../protocol/address.ts";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { getContact, noteVerified, UnknownContactError } from "../contacts.ts";
import type { Session } from "../session.ts";
import type { VaultReader } from "../vault/vault.ts";
import { devicesOf, personOf } from "./persons.ts";
import {
  compareSafetyCode,
  encodeSafetyCode,
  fingerprint,
  formatSafetyNumber,
  safetyNumber,
} from "./safety-number.ts";

/** What two people compare. Changes with the devices of either. */
export interface SafetyNumber {
  /** Twelve groups of five digits, the same on both sides. */
  readonly digits: string;
  /** To be shown as a QR code, for the other to scan. */
  readonly code: string;
}

export type SafetyComparison = ReturnType<typeof compareSafetyCode>;

/** @throws UnknownContactError */
export function safetyNumberWith({ vault, identity }: Session, contact: string): SafetyNumber {
  const { own, theirs } = fingerprints(vault, identity.address.text, contact);
  return {
    digits: formatSafetyNumber(safetyNumber(own, theirs)),
    code: encodeSafetyCode(own, theirs),
  };
}

/** Compares a code scanned from the contact's screen; if it is the same, they are verified. @throws UnknownContactError */
export function compareScanned(
  { vault, identity }: Session,
  contact: string,
  scanned: string,
): Promise<SafetyComparison> {
  return vault.transaction((draft) => {
    const { person, own, theirs } = fingerprints(draft, identity.address.text, contact);
    const comparison = compareSafetyCode(scanned, own, theirs);
    if (comparison === "same") noteVerified(draft, person, encodeBase64url(theirs));
    return comparison;
  });
}

/**
 * The two compared these digits with each other, and they were the same.
 *
 * @returns false, and the contact is not verified, when the number is another by now
 * @throws UnknownContactError
 */
export function noteCompared(
  { vault, identity }: Session,
  contact: string,
  digits: string,
): Promise<boolean> {
  return vault.transaction((draft) => {
    const { person, own, theirs } = fingerprints(draft, identity.address.text, contact);
    if (formatSafetyNumber(safetyNumber(own, theirs)) !== digits) return false;
    noteVerified(draft, person, encodeBase64url(theirs));
    return true;
  });
}

function fingerprints(reader: VaultReader, self: string, contact: string) {
  const person = personOf(reader, contact);
  if (getContact(reader, person) === undefined)
    throw new UnknownContactError("No contact has this address. Add their card first.");
  return {
    person,
    own: fingerprint(addressesOf(reader, personOf(reader, self))),
    theirs: fingerprint(addressesOf(reader, person)),
  };
}

function addressesOf(reader: VaultReader, person: string): Address[] {
  return devicesOf(reader, person).map((device) => {
    const address = parseAddress(device);
    if (address === undefined) throw new UnknownContactError("The contact's address is damaged.");
    return address;
  });
}
