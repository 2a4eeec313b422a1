/**
 * Telephone numbers as people type and keep them, made into the one form that a number has everywhere: E.164. The
 * numbering plans are large and loaded only when the first number is read.
 */
import type { CountryCode } from "libphonenumber-js/min";

/** Not a telephone number, or one that is not known to be one without its country. */
export class NumberFormatError extends Error {
  override readonly name = "NumberFormatError";
}

/** Longer is no number, however it is spelled: nothing of it is looked at. */
const MAX_SPELLING = 128;

/** The international prefix of most countries; people type it everywhere. */
const INTERNATIONAL = /^[\s(]*00[\s)]*/;

/**
 * Reads a number in any usual spelling: international or national, with spaces, brackets, dashes or dots, `00` for
 * the plus, digits of other scripts, a `tel:` URI (RFC 3966).
 *
 * @param region whose national spellings are meant, ISO 3166-1, e.g. `DE`; without it only international ones are read
 * @returns E.164: a plus and 7 to 15 digits
 * @throws NumberFormatError; RangeError for a region that is none
 */
export async function readNumber(text: string, region?: string): Promise<string> {
  const { isSupportedCountry, parsePhoneNumberFromString } = await import("libphonenumber-js/min");
  const country = region?.toUpperCase();
  if (country !== undefined && !isSupportedCountry(country))
    throw new RangeError("region: a country's ISO 3166-1 code expected, e.g. DE");
  const read = (spelling: string) => {
    const defaultCountry = country as CountryCode | undefined;
    const parsed = parsePhoneNumberFromString(spelling, {
      extract: false,
      ...(defaultCountry === undefined ? {} : { defaultCountry }),
    });
    // An extension is behind a switchboard: no SMS and no code reaches it.
    return parsed?.isValid() && parsed.ext === undefined ? parsed.number : undefined;
  };
  const spelling = text.length > MAX_SPELLING ? "" : withoutScheme(text.normalize("NFKC").trim());
  const number =
    read(spelling) ?? (INTERNATIONAL.test(spelling) ? read(spelling.replace(INTERNATIONAL, "+")) : undefined);
  if (number !== undefined) return number;
  const hint = country === undefined ? " Begin with + and the country's code." : "";
  throw new NumberFormatError(`This is not a telephone number.${hint}`);
}

/** What a `tel:` URI says (RFC 3966 §3): a local number's context stands before it, if it is a number's beginning. */
function withoutScheme(text: string): string {
  const [, number, parameters = ""] = /^tel:([^;]*)((?:;[^;]*)*)$/i.exec(text) ?? [];
  if (number === undefined) return text;
  const context = /;phone-context=(\+[0-9-]+)/i.exec(parameters)?.[1] ?? "";
  const extension = /;ext=([0-9-]+)/i.exec(parameters)?.[1];
  return `${number.startsWith("+") ? "" : context}${number}${extension === undefined ? "" : ` ext. ${extension}`}`;
}

/** The country a number belongs to, ISO 3166-1; undefined for those that several share, or none. */
export async function regionOf(number: string): Promise<string | undefined> {
  const { parsePhoneNumberFromString } = await import("libphonenumber-js/min");
  return parsePhoneNumberFromString(number)?.country;
}

/** Whether a text means a number and no name or address: those never begin so. */
export function looksLikeNumber(text: string): boolean {
  return /^\s*(?:\+|＋|tel:)/i.test(text);
}
