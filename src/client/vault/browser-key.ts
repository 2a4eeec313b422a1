/**
 * A master key that the browser keeps: a WebCrypto key that can be used on this origin and not exported, stored
 * beside the records. It makes the octets of the master key (HMAC-SHA256 as a pseudorandom function), since the
 * vault's own cipher is not WebCrypto's.
 *
 * It guards against what reads the stored records alone: an export, a database copied without its keys. And as
 * each checkpoint has a new one, a script that got into the page once takes away nothing that opens later states.
 * It does not guard against who copies the browser's profile from the disk: most browsers keep such keys there in
 * the clear. Against that thief there are a passphrase and the system's disk encryption.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";

const LABEL = utf8ToBytes("restante vault master key");

export function newBrowserKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
}

/** 32 octets. */
export async function browserMasterKey(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, LABEL));
}
