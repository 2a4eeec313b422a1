/** RFC 8439's AEAD from node, and the longer nonces of XChaCha20 (draft-irtf-cfrg-xchacha-03) by hand. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import { join } from "./octets.ts";

const MAC = 16;

export function seal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: MAC });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const sealed = cipher.update(plaintext);
  return join(sealed, cipher.final(), cipher.getAuthTag());
}

/** The plaintext, or undefined if it was not sealed so. */
export function open(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) {
  if (sealed.length < MAC) return undefined;
  const length = sealed.length - MAC;
  const decipher = createDecipheriv("chacha20-poly1305", key, nonce, { authTagLength: MAC });
  decipher.setAAD(aad, { plaintextLength: length });
  decipher.setAuthTag(sealed.slice(length));
  const plaintext = decipher.update(sealed.slice(0, length));
  try {
    return join(plaintext, decipher.final());
  } catch {
    return undefined;
  }
}

export function xSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array) {
  return seal(hChaCha20(key, nonce.slice(0, 16)), shortNonce(nonce), aad, plaintext);
}

export function xOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array) {
  return open(hChaCha20(key, nonce.slice(0, 16)), shortNonce(nonce), aad, sealed);
}

function shortNonce(nonce: Uint8Array): Uint8Array {
  return join(new Uint8Array(4), nonce.slice(16));
}

/** §2.2: ChaCha20's rounds over key and nonce, without the addition at their end. */
function hChaCha20(key: Uint8Array, nonce: Uint8Array): Uint8Array {
  const input = join(Uint8Array.from(Buffer.from("expand 32-byte k", "ascii")), key, nonce);
  const view = new DataView(input.buffer);
  const state = Uint32Array.from({ length: 16 }, (_, i) => view.getUint32(4 * i, true));
  for (let round = 0; round < 10; round += 1) {
    quarter(state, 0, 4, 8, 12);
    quarter(state, 1, 5, 9, 13);
    quarter(state, 2, 6, 10, 14);
    quarter(state, 3, 7, 11, 15);
    quarter(state, 0, 5, 10, 15);
    quarter(state, 1, 6, 11, 12);
    quarter(state, 2, 7, 8, 13);
    quarter(state, 3, 4, 9, 14);
  }
  const output = new Uint8Array(32);
  const words = new DataView(output.buffer);
  [0, 1, 2, 3, 12, 13, 14, 15].forEach((word, i) => {
    words.setUint32(4 * i, state[word] ?? 0, true);
  });
  return output;
}

function quarter(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  half(state, a, b, d, 16);
  half(state, c, d, b, 12);
  half(state, a, b, d, 8);
  half(state, c, d, b, 7);
}

/** sum += addend; turned = (turned ^ sum) rotated left. */
function half(state: Uint32Array, sum: number, addend: number, turned: number, by: number): void {
  state[sum] = (state[sum] ?? 0) + (state[addend] ?? 0);
  const mixed = (state[turned] ?? 0) ^ (state[sum] ?? 0);
  state[turned] = (mixed << by) | (mixed >>> (32 - by));
}
