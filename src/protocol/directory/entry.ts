/**
 * An entry of the directory: which device is found by a number, sealed under what only that number's tag gives
 * (route-keys.ts). 96 octets:
 *
 *     nonce 24 | XChaCha20-Poly1305 (associated data: the route id) of
 *       0x01 | length of the address 1 | address, padded with zeros to 52 | day verified 2
 *
 * The day is that of the one-time code, in days since 1970, UTC, big-endian: who finds somebody by it sees how old
 * the check is. The relay seals entries: it alone has seen the number checked.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { MAX_ADDRESS_LENGTH, parseAddress } from "../address.ts";
import { decodeUtf8 } from "../utf8.ts";
import { ROUTE_ID_SIZE, type RouteKeys } from "./route-keys.ts";

export const ENTRY_NONCE_SIZE = 24;
const VERSION = 0x01;
const ADDRESS_AT = 2;
const DAY_AT = ADDRESS_AT + MAX_ADDRESS_LENGTH;
const PLAIN_SIZE = DAY_AT + 2;
const MAC_SIZE = 16;
export const ENTRY_SIZE = ENTRY_NONCE_SIZE + PLAIN_SIZE + MAC_SIZE;
const MAX_DAY = 0xffff;

export interface Entry {
  /** Of the device that is found. */
  readonly address: string;
  /** Days since 1970, UTC, up to 65,535. */
  readonly verifiedDay: number;
}

/**
 * @param nonce 24 octets, random: the same number is sealed again with every new check
 * @throws RangeError for an address, a day or a nonce that is none
 */
export function sealEntry(entry: Entry, { routeId, entryKey }: RouteKeys, nonce: Uint8Array): Uint8Array {
  const { address, verifiedDay } = entry;
  if (parseAddress(address) === undefined) throw new RangeError("address: a canonical address expected");
  if (!Number.isInteger(verifiedDay) || verifiedDay < 0 || verifiedDay > MAX_DAY)
    throw new RangeError("verifiedDay: 0 to 65,535 expected");
  if (nonce.length !== ENTRY_NONCE_SIZE) throw new RangeError("nonce: 24 octets expected");
  const plain = new Uint8Array(PLAIN_SIZE);
  plain.set([VERSION, address.length]);
  plain.set(utf8ToBytes(address), ADDRESS_AT);
  plain.set([verifiedDay >> 8, verifiedDay & 0xff], DAY_AT);
  return concatBytes(nonce, xchacha20poly1305(entryKey, nonce, routeId).encrypt(plain));
}

/** @returns undefined for what these keys do not open, or for another content: a version that is not known, say */
export function openEntry(sealed: Uint8Array, { routeId, entryKey }: RouteKeys): Entry | undefined {
  if (sealed.length !== ENTRY_SIZE || routeId.length !== ROUTE_ID_SIZE) return undefined;
  const nonce = sealed.subarray(0, ENTRY_NONCE_SIZE);
  let plain: Uint8Array;
  try {
    plain = xchacha20poly1305(entryKey, nonce, routeId).decrypt(sealed.subarray(ENTRY_NONCE_SIZE));
  } catch {
    return undefined;
  }
  const length = plain[1] ?? 0;
  if (plain[0] !== VERSION || length > MAX_ADDRESS_LENGTH) return undefined;
  const address = parseAddress(decodeUtf8(plain.slice(ADDRESS_AT, ADDRESS_AT + length)) ?? "");
  const padding = plain.subarray(ADDRESS_AT + length, DAY_AT);
  if (address === undefined || padding.some((octet) => octet !== 0)) return undefined;
  return { address: address.text, verifiedDay: ((plain[DAY_AT] ?? 0) << 8) | (plain[DAY_AT + 1] ?? 0) };
}
