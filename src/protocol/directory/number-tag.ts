/**
 * The tag of a number: the 64 octets of VOPRF output (voprf.ts) over its E.164 text. Who looks up gets it by
 * blinded evaluation, the relay by its key, and nobody from a database.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** ITU-T E.164 §6: a plus and at most 15 digits, of which the first is not 0. */
const E164 = /^\+[1-9][0-9]{6,14}$/;

/**
 * What goes into the function: the ASCII text itself.
 *
 * @throws RangeError for another form, which would have a tag that nobody else finds
 */
export function tagInput(number: string): Uint8Array {
  if (!E164.test(number)) throw new RangeError("number: a plus and 7 to 15 digits expected");
  return utf8ToBytes(number);
}
