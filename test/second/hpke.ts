/** HPKE base mode (RFC 9180 §5.1), one message to a context: X-Wing, HKDF-SHA256, ChaCha20-Poly1305. */
import { open, seal } from "./chacha20-poly1305.ts";
import { expand, extract } from "./hashing.ts";
import { ascii, join, octet, short } from "./octets.ts";
import { decapsulate, encapsulate } from "./x-wing.ts";

const NOTHING = new Uint8Array(0);
const SUITE = join(ascii("HPKE"), short(0x647a), short(0x0001), short(0x0003));

function labeledExtract(salt: Uint8Array, label: string, secret: Uint8Array): Uint8Array {
  return extract(salt, join(ascii("HPKE-v1"), SUITE, ascii(label), secret));
}

function labeledExpand(key: Uint8Array, label: string, info: Uint8Array, length: number): Uint8Array {
  return expand(key, join(short(length), ascii("HPKE-v1"), SUITE, ascii(label), info), length);
}

/** The first message's nonce is the base nonce, as its number is 0. */
function schedule(sharedSecret: Uint8Array, info: Uint8Array) {
  const context = join(
    octet(0x00),
    labeledExtract(NOTHING, "psk_id_hash", NOTHING),
    labeledExtract(NOTHING, "info_hash", info),
  );
  const secret = labeledExtract(sharedSecret, "secret", NOTHING);
  return {
    key: labeledExpand(secret, "key", context, 32),
    nonce: labeledExpand(secret, "base_nonce", context, 12),
  };
}

export function sealTo(
  publicKey: Uint8Array,
  randomness: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
) {
  const { enc, secret } = encapsulate(publicKey, randomness);
  const { key, nonce } = schedule(secret, info);
  return { enc, ciphertext: seal(key, nonce, aad, plaintext) };
}

export function openWith(
  seed: Uint8Array,
  enc: Uint8Array,
  info: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const secret = decapsulate(seed, enc);
  if (secret === undefined) return undefined;
  const { key, nonce } = schedule(secret, info);
  return open(key, nonce, aad, ciphertext);
}
