/** protocol.md, "Addresses", and the signatures that they verify. */
import { createPrivateKey, createPublicKey, sign as nodeSign, verify as nodeVerify } from "node:crypto";
import { fromBase64url } from "./base64url.ts";
import { isPrimeOrderPoint } from "./curve.ts";
import { unhex } from "./octets.ts";

/** What PKCS #8 and SPKI put before a raw Ed25519 key (RFC 8410). */
const PRIVATE_PREFIX = unhex("302e020100300506032b657004220420");
const PUBLIC_PREFIX = unhex("302a300506032b6570032100");

const good = new Map<string, Uint8Array | undefined>();

/** The public key of an address, or undefined for what is none. */
export function keyOf(address: string): Uint8Array | undefined {
  if (!good.has(address)) good.set(address, readAddress(address));
  return good.get(address);
}

function readAddress(address: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]{43}(\.[a-z]{2,8})?$/.test(address)) return undefined;
  const key = fromBase64url(address.slice(0, 43));
  return key?.length === 32 && isPrimeOrderPoint(key) ? key : undefined;
}

export function addressOf(seed: Uint8Array, jurisdiction = ""): string {
  const { x } = createPublicKey(privateKey(seed)).export({ format: "jwk" });
  return jurisdiction === "" ? `${x}` : `${x}.${jurisdiction}`;
}

function privateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: "der", type: "pkcs8" });
}

export function sign(seed: Uint8Array, statement: Uint8Array): Uint8Array {
  return Uint8Array.from(nodeSign(null, statement, privateKey(seed)));
}

/** OpenSSL compares the encoded R and refuses an S of the group's order or more: RFC 8032 without the cofactor. */
export function verifies(address: string, statement: Uint8Array, signature: Uint8Array): boolean {
  const key = keyOf(address);
  if (key === undefined) return false;
  const spki = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, key]), format: "der", type: "spki" });
  return nodeVerify(null, statement, spki, signature);
}

/** Two addresses of one key in different jurisdictions are still one key. */
export function sameKey(one: string, other: string): boolean {
  return one.slice(0, 43) === other.slice(0, 43);
}
