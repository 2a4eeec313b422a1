/**
 * Keys for the next founding that travel inside texts, so that a channel heals without the relay's pool. Vault:
 *
 * - `channel/offered/<address>`: what this device gave that peer: key id 16 | when 8. Its private half is in pool.ts.
 * - `channel/carried/<address>`: what that peer gave this device: public key 1,216 | expires 8 | signature 64
 *
 * A key is offered again after a day: who copied the vault before knows the private half of the old one only.
 */
import { concatBytes } from "@noble/hashes/utils.js";
import { Cursor } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { DAY } from "../../protocol/limits.ts";
import {
  KEY_ID_SIZE,
  keyId,
  type OneTimeKey,
  SIGNATURE_SIZE,
  X_WING_PUBLIC_KEY_SIZE,
} from "../../protocol/one-time-key.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import type { ChannelIdentity } from "./identity.ts";
import { makeOneTimeKey, type Times } from "./pool.ts";

const OFFERED = "channel/offered/";
const CARRIED = "channel/carried/";

/** Whether `peer` should be given a key: none is with it, or the one it has is a day old. */
export function isOfferDue(reader: VaultReader, peer: string, now: number): boolean {
  const bytes = reader.get(OFFERED + peer);
  if (bytes === undefined) return true;
  const cursor = new Cursor(bytes);
  cursor.octets(KEY_ID_SIZE);
  return cursor.integer() + DAY <= now;
}

/** Makes a key for `peer`, its private half in the draft. */
export async function offerKey(
  draft: VaultDraft,
  identity: ChannelIdentity,
  peer: string,
  times: Times,
): Promise<OneTimeKey> {
  const key = await makeOneTimeKey(draft, identity, times);
  draft.put(OFFERED + peer, concatBytes(keyId(key.publicKey), encodeInteger(times.now)));
  return key;
}

/** A founding of `peer`'s came on this key: if it was the one offered, the next text carries another. */
export function noteOfferUsed(draft: VaultDraft, peer: string, id: Uint8Array): void {
  const offered = draft.get(OFFERED + peer);
  if (offered !== undefined && id.every((octet, i) => octet === offered[i])) draft.delete(OFFERED + peer);
}

/** Keeps what `peer` gave; of two, the one that lasts longer. Not verified: whoever founds on it does that. */
export function keepCarried(draft: VaultDraft, peer: string, key: OneTimeKey): void {
  const known = getCarried(draft, peer);
  if (known !== undefined && known.expires >= key.expires) return;
  draft.put(CARRIED + peer, concatBytes(key.publicKey, encodeInteger(key.expires), key.signature));
}

export function getCarried(reader: VaultReader, peer: string): OneTimeKey | undefined {
  const bytes = reader.get(CARRIED + peer);
  if (bytes === undefined) return undefined;
  const cursor = new Cursor(bytes);
  const publicKey = cursor.octets(X_WING_PUBLIC_KEY_SIZE);
  const expires = cursor.integer();
  return { publicKey, lastResort: false, expires, signature: cursor.octets(SIGNATURE_SIZE) };
}

/** It was founded on, or its private half went with the state that the peer lost. */
export function dropCarried(draft: VaultDraft, peer: string): void {
  draft.delete(CARRIED + peer);
}

/** What this device gave is no longer with the peer: the next text carries another. */
export function dropOffered(draft: VaultDraft, peer: string): void {
  draft.delete(OFFERED + peer);
}
