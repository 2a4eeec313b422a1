/** X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 and X25519, written out. */
import { createHash, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { fromBase64url } from "./base64url.ts";
import { join, malformed, unhex } from "./octets.ts";

const LABEL = unhex("5c2e2f2f5e5c");
const ML_KEM_PUBLIC = 1184;
const ML_KEM_ENC = 1088;

/** What PKCS #8 and SPKI put before a raw X25519 key (RFC 8410). */
const PRIVATE_PREFIX = unhex("302e020100300506032b656e04220420");
const PUBLIC_PREFIX = unhex("302a300506032b656e032100");

function privateKey(raw: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, raw]), format: "der", type: "pkcs8" });
}

function publicOf(raw: Uint8Array): Uint8Array {
  const { x } = createPublicKey(privateKey(raw)).export({ format: "jwk" });
  return fromBase64url(`${x}`) ?? malformed();
}

function shared(mine: Uint8Array, theirs: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({
    key: Buffer.concat([PUBLIC_PREFIX, theirs]),
    format: "der",
    type: "spki",
  });
  return Uint8Array.from(diffieHellman({ privateKey: privateKey(mine), publicKey }));
}

function halves(seed: Uint8Array) {
  const expanded = createHash("shake256", { outputLength: 96 }).update(seed).digest();
  const { publicKey, secretKey } = ml_kem768.keygen(Uint8Array.from(expanded.subarray(0, 64)));
  const x = Uint8Array.from(expanded.subarray(64));
  return { mlKem: { publicKey, secretKey }, x, xPublic: publicOf(x) };
}

function combine(mlKem: Uint8Array, x: Uint8Array, enc: Uint8Array, xPublic: Uint8Array): Uint8Array {
  return Uint8Array.from(
    createHash("sha3-256")
      .update(join(mlKem, x, enc, xPublic, LABEL))
      .digest(),
  );
}

/** The public key of 1,216 octets that goes with a seed of 32. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const { mlKem, xPublic } = halves(seed);
  return join(mlKem.publicKey, xPublic);
}

/** Encapsulates with 64 octets of randomness: 32 for ML-KEM, 32 for X25519. */
export function encapsulate(publicKey: Uint8Array, randomness: Uint8Array) {
  const xPublic = publicKey.slice(ML_KEM_PUBLIC);
  const mlKem = ml_kem768.encapsulate(publicKey.slice(0, ML_KEM_PUBLIC), randomness.slice(0, 32));
  const ephemeral = randomness.slice(32);
  const xEnc = publicOf(ephemeral);
  return {
    enc: join(mlKem.cipherText, xEnc),
    secret: combine(mlKem.sharedSecret, shared(ephemeral, xPublic), xEnc, xPublic),
  };
}

/** Undefined for an X25519 half of small order, which OpenSSL refuses to multiply. */
export function decapsulate(seed: Uint8Array, enc: Uint8Array): Uint8Array | undefined {
  const { mlKem, x, xPublic } = halves(seed);
  const xEnc = enc.slice(ML_KEM_ENC);
  const mlKemSecret = ml_kem768.decapsulate(enc.slice(0, ML_KEM_ENC), mlKem.secretKey);
  try {
    return combine(mlKemSecret, shared(x, xEnc), xEnc, xPublic);
  } catch {
    return undefined;
  }
}
