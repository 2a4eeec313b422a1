/**
 * Safety numbers: what two people compare to know that nobody stands between them. Equal on both sides, and
 * another one as soon as a device of either is added, removed or replaced.
 *
 *     fingerprint = the first 32 octets of h(5200), where
 *       input  = "restante/safety/1" | 0x00 | for each device: length 1 | address
 *                the person's first device at the front, the further ones in octet order
 *       h(1)   = SHA-512( input )
 *       h(i+1) = SHA-512( h(i) | input )
 *
 *     half of the number, 30 digits = for each of the fingerprint's first six groups of 5 octets:
 *       the group as a big-endian integer, modulo 100,000, in five digits
 *
 *     safety number, 60 digits = both halves, the smaller first
 *
 * 2^40 is 11 million times 100,000: no group of digits is likelier than another by more than one part in that.
 */
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Address } from "../../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";

/**
 * Hashes for one fingerprint. 30 digits are 100 bits; with 12 more for the work of each guess, finding a key for
 * somebody else's half costs what finding one for a 112-bit key does. Takes some 40 ms, once a comparison.
 */
const ROUNDS = 5200;
const FINGERPRINT_SIZE = 32;
const GROUP_OCTETS = 5;
const GROUPS_IN_A_HALF = 6;
const DIGITS = 60;
const CODE_PREFIX = "restante:safety:1:";

/**
 * A person as 32 octets.
 *
 * @param devices as a device list has them: the first names the person, the order of the others says nothing
 * @throws RangeError when there is none, or one is there twice
 */
export function fingerprint(devices: readonly Address[]): Uint8Array {
  const [first, ...further] = devices.map(({ text }) => text);
  if (first === undefined || new Set([first, ...further]).size !== devices.length)
    throw new RangeError("devices: one or more expected, each once");
  const listed = [first, ...further.sort((a, b) => (a < b ? -1 : 1))];
  const input = concatBytes(
    utf8ToBytes("restante/safety/1\0"),
    ...listed.flatMap((text) => [Uint8Array.of(text.length), utf8ToBytes(text)]),
  );
  let hash = sha512(input);
  for (let round = 1; round < ROUNDS; round++) hash = sha512(concatBytes(hash, input));
  return hash.slice(0, FINGERPRINT_SIZE);
}

/** @returns 60 digits, the same whichever of the two asks. @throws RangeError unless both are 32 octets */
export function safetyNumber(own: Uint8Array, theirs: Uint8Array): string {
  return [half(own), half(theirs)].sort().join("");
}

/** Twelve groups of five digits, as they are read aloud. @throws RangeError unless given 60 digits. */
export function formatSafetyNumber(digits: string): string {
  const groups = digits.length === DIGITS && /^\d+$/.test(digits) ? digits.match(/\d{5}/g) : null;
  if (groups === null) throw new RangeError("digits: 60 digits expected");
  return groups.join(" ");
}

/**
 * What one shows the other to scan: `restante:safety:1:`, then both fingerprints, 64 octets, one's own first.
 *
 * @throws RangeError unless both are 32 octets
 */
export function encodeSafetyCode(own: Uint8Array, theirs: Uint8Array): string {
  assertFingerprint(own);
  assertFingerprint(theirs);
  return CODE_PREFIX + encodeBase64url(concatBytes(own, theirs));
}

/** @returns the fingerprints as the one who shows the code sees them; undefined when it is not such a code. */
export function decodeSafetyCode(text: string): { own: Uint8Array; theirs: Uint8Array } | undefined {
  if (!text.startsWith(CODE_PREFIX)) return undefined;
  const octets = decodeBase64url(text.slice(CODE_PREFIX.length), 2 * FINGERPRINT_SIZE);
  if (octets === undefined) return undefined;
  return { own: octets.slice(0, FINGERPRINT_SIZE), theirs: octets.slice(FINGERPRINT_SIZE) };
}

/**
 * Compares what was scanned from the other's screen with one's own view: their own must be our theirs, and the
 * other way round. One's own code, scanned by mistake, is "different".
 */
export function compareSafetyCode(
  scanned: string,
  own: Uint8Array,
  theirs: Uint8Array,
): "same" | "different" | "not-a-safety-code" {
  if (decodeSafetyCode(scanned) === undefined) return "not-a-safety-code";
  return scanned === encodeSafetyCode(theirs, own) ? "same" : "different";
}

function half(of: Uint8Array): string {
  assertFingerprint(of);
  let digits = "";
  for (let group = 0; group < GROUPS_IN_A_HALF; group++) {
    const octets = of.subarray(group * GROUP_OCTETS, (group + 1) * GROUP_OCTETS);
    // Below 2^40: exact in a double.
    const value = octets.reduce((sum, octet) => sum * 256 + octet, 0);
    digits += String(value % 100_000).padStart(5, "0");
  }
  return digits;
}

function assertFingerprint(octets: Uint8Array): void {
  if (octets.length !== FINGERPRINT_SIZE) throw new RangeError("fingerprint: 32 octets expected");
}
