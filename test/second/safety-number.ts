/** "Safety numbers". */
import { createHash } from "node:crypto";
import { toBase64url } from "./base64url.ts";
import { ascii, inOctetOrder, join, named, octet } from "./octets.ts";

const ROUNDS = 5200;

/** Of a person's devices, the first at the front. */
export function fingerprint(devices: readonly string[]): Uint8Array {
  const [first = "", ...others] = devices;
  const input = join(ascii("restante/safety/1"), octet(0), ...[first, ...inOctetOrder(others)].map(named));
  let hash = sha512(input);
  for (let round = 1; round < ROUNDS; round += 1) hash = sha512(join(hash, input));
  return hash.slice(0, 32);
}

function sha512(octets: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha512").update(octets).digest());
}

function half(print: Uint8Array): string {
  return [0, 5, 10, 15, 20, 25]
    .map((at) => Buffer.from(print).readUIntBE(at, 5) % 100_000)
    .map((group) => `${group}`.padStart(5, "0"))
    .join("");
}

export function safetyNumber(own: Uint8Array, others: Uint8Array): string {
  return inOctetOrder([half(own), half(others)]).join("");
}

export function codeToScan(own: Uint8Array, others: Uint8Array): string {
  return `restante:safety:1:${toBase64url(join(own, others))}`;
}
