/**
 * As much of HKDF-SHA256 (RFC 5869) as docs/channels.md needs, in 32-bit words and without copying: a step of the
 * ratchet is ten compressions. A thief tries millions of them; the tests hold it to @noble's HKDF.
 */

/** 20 words: chain key i+1 (8), message key i (8), tag i (4). */
export type StepWords = Int32Array;

const K = Int32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);
const START = Int32Array.from([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);
const INNER = 0x36363636;
const OUTER = 0x5c5c5c5c;

/** "restante/step/1", and room for the counter in the last octet. */
const INFO = Int32Array.from([0x72657374, 0x616e7465, 0x2f737465, 0x702f3100]);

const w = new Int32Array(64);

/** SHA-256's compression (FIPS 180-4 §6.2.2) of the first 16 words of `w`; `out` is another array than `state`. */
function compress(state: Int32Array, out: Int32Array): void {
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number;
    const y = w[i - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0;
  }
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (K[i] as number) + (w[i] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  out[0] = a + (state[0] as number);
  out[1] = b + (state[1] as number);
  out[2] = c + (state[2] as number);
  out[3] = d + (state[3] as number);
  out[4] = e + (state[4] as number);
  out[5] = f + (state[5] as number);
  out[6] = g + (state[6] as number);
  out[7] = h + (state[7] as number);
}

/** What HMAC's key leaves behind: the states after its inner and its outer block. */
function keyed(key: Int32Array, inner: Int32Array, outer: Int32Array): void {
  for (let i = 0; i < 16; i++) w[i] = (i < 8 ? (key[i] as number) : 0) ^ INNER;
  compress(START, inner);
  for (let i = 0; i < 16; i++) w[i] = (i < 8 ? (key[i] as number) : 0) ^ OUTER;
  compress(START, outer);
}

/** Ends the block in `w` after `words` words: one bit, zeros, and the length with HMAC's first block. */
function finish(words: number): void {
  w[words] = 0x80000000 | 0;
  for (let i = words + 1; i < 15; i++) w[i] = 0;
  w[15] = 512 + words * 32;
}

const noSaltInner = new Int32Array(8);
const noSaltOuter = new Int32Array(8);
keyed(new Int32Array(8), noSaltInner, noSaltOuter);

const inner = new Int32Array(8);
const outer = new Int32Array(8);
const digest = new Int32Array(8);
const spare = new Int32Array(8);
const expanded = new Int32Array(8);
const prk = new Int32Array(8);

/** HKDF-Extract without a salt, of 8 words; what follows expands its result. */
export function quickExtract(ikm: Int32Array): void {
  for (let i = 0; i < 8; i++) w[i] = ikm[i] as number;
  finish(8);
  compress(noSaltInner, digest);
  w.set(digest);
  finish(8);
  compress(noSaltOuter, prk);
  keyed(prk, inner, outer);
}

/** What {@link quickExpand} goes over: an `info`, the counter of the only block, and SHA-256's padding. */
export function expandable(info: Uint8Array): Uint8Array {
  const length = info.length + 1;
  const octets = new Uint8Array(64 * Math.ceil((length + 9) / 64));
  octets.set(info);
  octets.set([1, 0x80], info.length);
  new DataView(octets.buffer).setUint32(octets.length - 4, 8 * (64 + length));
  return octets;
}

/** 8 words of HKDF-Expand. They are overwritten by the next call. */
export function quickExpand(padded: Uint8Array): Int32Array {
  const view = new DataView(padded.buffer, padded.byteOffset, padded.length);
  let state = inner;
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    const next = state === digest ? spare : digest;
    compress(state, next);
    state = next;
  }
  w.set(state);
  finish(8);
  compress(outer, expanded);
  return expanded;
}

/** @param chainKey 8 words, big-endian; may be the beginning of `out` */
export function quickStep(chainKey: Int32Array, out: StepWords): void {
  quickExtract(chainKey);
  for (let block = 0; block < 3; block++) {
    const before = block === 0 ? 0 : 8;
    if (before > 0) w.set(digest);
    w.set(INFO, before);
    w[before + 3] = (INFO[3] as number) | (block + 1);
    finish(before + 4);
    compress(inner, digest);
    w.set(digest);
    finish(8);
    compress(outer, digest);
    const words = block === 2 ? 4 : 8;
    for (let i = 0; i < words; i++) out[block * 8 + i] = digest[i] as number;
  }
}

export function wordsOf(octets: Uint8Array): Int32Array {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => view.getInt32(i * 4));
}

export function octetsOf(words: Int32Array): Uint8Array {
  const octets = new Uint8Array(words.length * 4);
  const view = new DataView(octets.buffer);
  words.forEach((word, i) => {
    view.setInt32(i * 4, word);
  });
  return octets;
}
