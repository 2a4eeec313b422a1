/**
 * What follows from a number's tag, by HKDF-SHA256 (RFC 5869) without salt, `info` = "restante/route/1":
 *
 *     route id 16 | entry key 32
 *
 * The route id says where in the directory to look; the entry key opens what is there. Both are as hard to get as
 * the tag: a directory that is copied whole says nothing about any number.
 */
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { OUTPUT_SIZE } from "../voprf.ts";

export const ROUTE_ID_SIZE = 16;
const ENTRY_KEY_SIZE = 32;
const INFO = utf8ToBytes("restante/route/1");

export interface RouteKeys {
  readonly routeId: Uint8Array;
  readonly entryKey: Uint8Array;
}

/** @throws RangeError when `tag` is not 64 octets */
export function routeKeys(tag: Uint8Array): RouteKeys {
  if (tag.length !== OUTPUT_SIZE) throw new RangeError("tag: 64 octets expected");
  const keys = hkdf(sha256, tag, undefined, INFO, ROUTE_ID_SIZE + ENTRY_KEY_SIZE);
  return { routeId: keys.slice(0, ROUTE_ID_SIZE), entryKey: keys.slice(ROUTE_ID_SIZE) };
}
