import type { TelephoneNumber } from "../numbers/number.ts";

/**
 * What no person is reached at, and what whoever pumps SMS earns money by. Where a numbering plan does not tell kinds
 * apart, all its numbers may be a person's.
 */
const NOT_A_PERSONS: readonly unknown[] = [
  "PREMIUM_RATE",
  "SHARED_COST",
  "TOLL_FREE",
  "UAN",
  "PAGER",
  "VOICEMAIL",
];

/** Whether this relay sends codes to such a number: by its country (`COUNTRIES`), and by its kind. */
export function isServed({ COUNTRIES }: Env, { country, kind }: TelephoneNumber): boolean {
  if (NOT_A_PERSONS.includes(kind)) return false;
  const countries = COUNTRIES.split(" ").filter((code) => code !== "");
  return countries.length === 0 || (country !== undefined && countries.includes(country));
}
