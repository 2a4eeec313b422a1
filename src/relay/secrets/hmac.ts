/** HMAC-SHA256 by WebCrypto: native, and its `verify` compares in constant time. */
import type { DerivedSecret } from "./derived.ts";

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

// By the derived secret itself: another root is another object.
const imported = new WeakMap<DerivedSecret, Promise<CryptoKey>>();

export async function hmac(secret: DerivedSecret, data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(HMAC.name, await keyOf(secret), data));
}

export async function verifyHmac(secret: DerivedSecret, mac: Uint8Array, data: Uint8Array): Promise<boolean> {
  return crypto.subtle.verify(HMAC.name, await keyOf(secret), mac, data);
}

function keyOf(secret: DerivedSecret): Promise<CryptoKey> {
  const key =
    imported.get(secret) ?? crypto.subtle.importKey("raw", secret.bytes, HMAC, false, ["sign", "verify"]);
  imported.set(secret, key);
  return key;
}
