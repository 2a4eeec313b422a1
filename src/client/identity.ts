/**
 * Who this device is: one Ed25519 key, made on the device and never leaving it, and the nonce that orders its
 * state-changing requests.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Address, formatAddress, parseAddress } from "../protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../protocol/base64url.ts";
import type { Sign } from "../protocol/signed-request.ts";
import { getJson, putJson } from "./vault/json-entry.ts";
import { type Vault, type VaultDraft, type VaultReader, VaultUnreadableError } from "./vault/vault.ts";

const IDENTITY = "device/identity";
const NONCE = "device/nonce";

interface IdentityEntry {
  secretKey: string;
  jurisdiction: string;
  relay: string;
}

export interface Identity {
  readonly address: Address;
  readonly relay: string;
  readonly sign: Sign;
}

/**
 * Makes a key and keeps it. Sends nothing.
 *
 * @throws RangeError when the vault has an identity already, or the jurisdiction has not the form of one
 */
export async function createIdentity(vault: Vault, relay: string, jurisdiction: string): Promise<Identity> {
  const { secretKey, publicKey } = ed25519.keygen();
  formatAddress(publicKey, jurisdiction);
  await vault.transaction((draft) => {
    if (draft.get(IDENTITY) !== undefined) throw new RangeError("vault: it holds a device already");
    putJson(draft, IDENTITY, { secretKey: encodeBase64url(secretKey), jurisdiction, relay });
  });
  return readIdentity(vault);
}

/** @throws VaultUnreadableError when the vault holds no device. */
export function readIdentity(reader: VaultReader): Identity {
  const entry = getJson<IdentityEntry>(reader, IDENTITY);
  const secretKey = entry && decodeBase64url(entry.secretKey, 32);
  if (entry === undefined || secretKey === undefined)
    throw new VaultUnreadableError("The vault holds no device.");
  const address = parseAddress(formatAddress(ed25519.getPublicKey(secretKey), entry.jurisdiction));
  if (address === undefined) throw new VaultUnreadableError("The vault's device has no valid address.");
  return { address, relay: entry.relay, sign: (data) => ed25519.sign(data, secretKey) };
}

export function lastNonce(reader: VaultReader): number {
  return getJson<number>(reader, NONCE) ?? 0;
}

/**
 * The next nonce, kept before it is used: the relay never knows a greater one than the vault, unless the vault
 * was restored from an old copy. So it counts and does not follow the clock, which would hide that.
 */
export function takeNonce(draft: VaultDraft): number {
  const nonce = lastNonce(draft) + 1;
  keepNonce(draft, nonce);
  return nonce;
}

export function keepNonce(draft: VaultDraft, nonce: number): void {
  putJson(draft, NONCE, nonce);
}
