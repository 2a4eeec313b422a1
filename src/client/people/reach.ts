/**
 * How to reach a device, as device lists and conversation definitions carry it. 51 to 178 octets:
 *
 *     49   the device's delivery token
 *      1   length of the origin, 1 to 128
 *      …   its relay's origin, printing ASCII
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "../../protocol/base64url.ts";
import type { Cursor } from "../../protocol/cursor.ts";
import { MAX_ORIGIN_LENGTH } from "../channel/limits.ts";

const TOKEN_SIZE = 49;

export interface Reach {
  /** Delivery token, base64url. */
  readonly token: string;
  /** Origin of the relay. Not checked here: it is for the reader to judge. */
  readonly relay: string;
}

/** @throws RangeError when token or origin are outside the form above. */
export function encodeReach({ token, relay }: Reach): Uint8Array {
  const octets = decodeBase64url(token, TOKEN_SIZE);
  if (octets === undefined) throw new RangeError("token: a delivery token expected");
  const origin = utf8ToBytes(relay);
  if (origin.length === 0 || origin.length > MAX_ORIGIN_LENGTH || !/^[\x21-\x7e]+$/.test(relay))
    throw new RangeError("relay: an origin of 1 to 128 printing ASCII characters expected");
  return concatBytes(octets, Uint8Array.of(origin.length), origin);
}

/** Reads one; `cursor.sound` says at the end whether all was there. @returns undefined for another form */
export function decodeReach(cursor: Cursor): Reach | undefined {
  const token = encodeBase64url(cursor.octets(TOKEN_SIZE));
  const length = cursor.octet();
  if (length === 0 || length > MAX_ORIGIN_LENGTH) return undefined;
  return { token, relay: cursor.ascii(length) };
}
