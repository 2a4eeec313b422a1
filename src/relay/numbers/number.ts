/** Telephone numbers in requests: E.164 only. Clients bring what people type into this form; the relay does not guess. */
import { type CountryCode, type NumberType, parsePhoneNumberFromString } from "libphonenumber-js/max";

/** ITU-T E.164 §6: at most 15 digits, of which the first is not 0. */
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** Lives as long as a request. It is never stored and never logged. */
export interface TelephoneNumber {
  /** `+` and 7 to 15 digits. */
  readonly text: string;
  /** ISO 3166-1 alpha-2; none for what belongs to no one country. */
  readonly country: CountryCode | undefined;
  /** undefined where the numbering plan does not tell. */
  readonly kind: NumberType;
}

/** @returns undefined for another spelling, and for what no numbering plan knows. */
export function parseNumber(text: string): TelephoneNumber | undefined {
  if (!E164.test(text)) return undefined;
  const parsed = parsePhoneNumberFromString(text);
  // Another `number` than was sent: an extension, or a national prefix that was taken off.
  if (parsed?.number !== text || !parsed.isValid()) return undefined;
  return { text, country: parsed.country, kind: parsed.getType() };
}
