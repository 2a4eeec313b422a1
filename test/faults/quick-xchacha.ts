/**
 * A look into an XChaCha20 ciphertext (draft-irtf-cfrg-xchacha-03) without opening it: is there, under this key,
 * padding as docs/channels.md has it? Two blocks of key stream instead of the whole. Little-endian words.
 */

const SIGMA = Int32Array.from([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);

const x = new Int32Array(16);

function quarter(a: number, b: number, c: number, d: number): void {
  let xa = x[a] as number;
  let xb = x[b] as number;
  let xc = x[c] as number;
  let xd = x[d] as number;
  xa = (xa + xb) | 0;
  xd ^= xa;
  xd = (xd << 16) | (xd >>> 16);
  xc = (xc + xd) | 0;
  xb ^= xc;
  xb = (xb << 12) | (xb >>> 20);
  xa = (xa + xb) | 0;
  xd ^= xa;
  xd = (xd << 8) | (xd >>> 24);
  xc = (xc + xd) | 0;
  xb ^= xc;
  xb = (xb << 7) | (xb >>> 25);
  x[a] = xa;
  x[b] = xb;
  x[c] = xc;
  x[d] = xd;
}

function rounds(): void {
  for (let i = 0; i < 10; i++) {
    quarter(0, 4, 8, 12);
    quarter(1, 5, 9, 13);
    quarter(2, 6, 10, 14);
    quarter(3, 7, 11, 15);
    quarter(0, 5, 10, 15);
    quarter(1, 6, 11, 12);
    quarter(2, 7, 8, 13);
    quarter(3, 4, 9, 14);
  }
}

const subkey = new Int32Array(8);

/** HChaCha20: the key that this key and the nonce's first 16 octets give. */
function deriveSubkey(key: Int32Array, nonce: Int32Array): void {
  x.set(SIGMA);
  x.set(key, 4);
  x.set(nonce.subarray(0, 4), 12);
  rounds();
  subkey.set(x.subarray(0, 4));
  subkey.set(x.subarray(12, 16), 4);
}

/** One word of the key stream over the ciphertext; its first block has counter 1. */
function streamWord(nonce: Int32Array, index: number): number {
  x.set(SIGMA);
  x.set(subkey, 4);
  x[12] = 1 + (index >> 4);
  x[13] = 0;
  x[14] = nonce[4] as number;
  x[15] = nonce[5] as number;
  rounds();
  const word = index & 15;
  const before =
    word < 4
      ? SIGMA[word]
      : word < 12
        ? subkey[word - 4]
        : word === 12
          ? 1 + (index >> 4)
          : word === 13
            ? 0
            : nonce[word - 10];
  return ((x[word] as number) + (before as number)) | 0;
}

export interface Ciphertext {
  /** 6 words. */
  readonly nonce: Int32Array;
  /** Without the authenticator. */
  readonly octets: Uint8Array;
}

/** @param key 8 words. @returns false when the plaintext's length or its last octet is not that of a padded one */
export function looksPadded(key: Int32Array, { nonce, octets }: Ciphertext): boolean {
  deriveSubkey(key, nonce);
  const head = streamWord(nonce, 0);
  const length =
    (((octets[0] as number) ^ (head & 0xff)) << 8) | ((octets[1] as number) ^ ((head >>> 8) & 0xff));
  if (length + 2 > octets.length) return false;
  if (length + 2 === octets.length) return true;
  const last = octets.length - 1;
  const tail = streamWord(nonce, last >> 2) >>> ((last & 3) * 8);
  return (octets[last] as number) === (tail & 0xff);
}

export function littleEndianWords(octets: Uint8Array): Int32Array {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  return Int32Array.from({ length: octets.length / 4 }, (_, i) => view.getInt32(i * 4, true));
}
