/**
 * Delivery tokens: what a contact holds to deposit. Opaque to clients; 49 octets in base64url, 66 characters:
 *
 *     root version 1 | epoch 16 | MAC 32
 *
 * The MAC is HMAC-SHA256, under a key that only the relay has, over a `restante/delivery/1` statement of
 * address and epoch: the edge refuses a forged token without waking the mailbox. The epoch is random and new
 * each time the mailbox opens or the token rotates: the mailbox refuses a token from an earlier life.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { encodeStatement } from "./statement.ts";
import { encodeUtf8 } from "./utf8.ts";

export const EPOCH_SIZE = 16;
const MAC_SIZE = 32;
const TOKEN_SIZE = 1 + EPOCH_SIZE + MAC_SIZE;

export interface DeliveryToken {
  /** Which root secret its MAC key was derived from, 0 to 255. Which version of the key, the relay tries. */
  readonly rootVersion: number;
  readonly epoch: Uint8Array;
  readonly mac: Uint8Array;
}

/** The bytes under the MAC. */
export function deliveryTokenBase(address: string, epoch: Uint8Array): Uint8Array {
  return encodeStatement("delivery", [encodeUtf8(address), epoch]);
}

/** @throws RangeError when a part has the wrong length or the root version is not one octet. */
export function formatDeliveryToken(token: DeliveryToken): string {
  if (!Number.isInteger(token.rootVersion) || token.rootVersion < 0 || token.rootVersion > 255)
    throw new RangeError("token: a root version from 0 to 255 expected");
  const bytes = concatBytes(Uint8Array.of(token.rootVersion), token.epoch, token.mac);
  if (token.epoch.length !== EPOCH_SIZE || bytes.length !== TOKEN_SIZE)
    throw new RangeError("token: an epoch of 16 and a MAC of 32 octets expected");
  return encodeBase64url(bytes);
}

/** @returns undefined when `text` has not the form of a token. */
export function parseDeliveryToken(text: string): DeliveryToken | undefined {
  const bytes = decodeBase64url(text, TOKEN_SIZE);
  if (bytes === undefined) return undefined;
  return {
    rootVersion: bytes[0] ?? 0,
    epoch: bytes.slice(1, 1 + EPOCH_SIZE),
    mac: bytes.slice(1 + EPOCH_SIZE),
  };
}
