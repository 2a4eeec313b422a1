/** From a number to its routes. The number itself goes no further than this file. */
import { bytesToHex } from "@noble/hashes/utils.js";
import { encodeBase64url } from "../../protocol/base64url.ts";
import { ENTRY_NONCE_SIZE, sealEntry } from "../../protocol/directory/entry.ts";
import { tagInput } from "../../protocol/directory/number-tag.ts";
import { type RouteKeys, routeKeys } from "../../protocol/directory/route-keys.ts";
import { DAY } from "../../protocol/limits.ts";
import { outputOf } from "../voprf/evaluation.ts";
import type { VoprfKey } from "../voprf/keys.ts";

/** Where a number's entry is under one of the directory's keys. */
export interface RoutePlace {
  readonly keyVersion: number;
  /** Hex, as stored. */
  readonly routeId: string;
  readonly keys: RouteKeys;
}

/** @param number E.164 */
export function routePlaces(keys: readonly VoprfKey[], number: string): RoutePlace[] {
  const input = tagInput(number);
  return keys.map((key) => {
    const derived = routeKeys(outputOf(key, input));
    return { keyVersion: key.version, routeId: bytesToHex(derived.routeId), keys: derived };
  });
}

/** The entry of a device, for a place: base64url, as stored. */
export function sealedEntry({ keys }: RoutePlace, address: string, verifiedAt: number): string {
  const nonce = crypto.getRandomValues(new Uint8Array(ENTRY_NONCE_SIZE));
  return encodeBase64url(sealEntry({ address, verifiedDay: Math.floor(verifiedAt / DAY) }, keys, nonce));
}
