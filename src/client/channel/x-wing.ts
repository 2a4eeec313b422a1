/**
 * X-Wing (draft-connolly-cfrg-xwing-kem): ML-KEM-768 (FIPS 203) and X25519 (RFC 7748) side by side, so that a secret
 * holds while either does. A private key is a seed of 32 octets; both halves' keys grow from it each time anew.
 *
 *     public key    ML-KEM's 1,184 | X25519's 32
 *     encapsulated  ML-KEM's 1,088 | X25519's 32
 *
 * Everything here rejects octets of another length, and an X25519 share of small order: it would turn that half's
 * secret into zeros (RFC 7748 §6.1), which nobody honest asks for. ML-KEM's own half is checked by the library: a
 * public key's coefficients (FIPS 203 §7.2); a wrong ciphertext gives another secret.
 */
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { concatBytes, randomBytes } from "@noble/hashes/utils.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { agree, publicShare } from "./x25519.ts";

const SEED_SIZE = 32;
/** Octets of randomness in one encapsulation: 32 for either half. */
const RANDOMNESS_SIZE = 64;
const LATTICE_PUBLIC_SIZE = 1184;
const LATTICE_ENCAPSULATED_SIZE = 1088;
const SHARE_SIZE = 32;
/** Seed of ML-KEM's keys (FIPS 203, d and z), before X25519's private key. */
const LATTICE_SEED_SIZE = 64;

/** The draft's drawing of a fighter's front: `\.//^\`. */
const LABEL = Uint8Array.of(0x5c, 0x2e, 0x2f, 0x2f, 0x5e, 0x5c);

export async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  const { forLattice, scalar } = expand(seed);
  const share = await publicShare(scalar);
  return concatBytes(ml_kem768.keygen(forLattice).publicKey, share);
}

/** @param randomness fresh ever; given by tests alone */
export async function encapsulate(
  publicKey: Uint8Array,
  randomness = randomBytes(RANDOMNESS_SIZE),
): Promise<{ encapsulated: Uint8Array; sharedSecret: Uint8Array }> {
  const [forLattice, share] = split(publicKey, LATTICE_PUBLIC_SIZE, SHARE_SIZE);
  const [message, scalar] = split(randomness, 32, 32);
  const [ownShare, agreed] = await Promise.all([publicShare(scalar), agree(scalar, share)]);
  const lattice = ml_kem768.encapsulate(forLattice, message);
  return {
    encapsulated: concatBytes(lattice.cipherText, ownShare),
    sharedSecret: combine(lattice.sharedSecret, agreed, ownShare, share),
  };
}

/** The shared secret; a wrong `encapsulated` of the right form gives another one. */
export async function decapsulate(encapsulated: Uint8Array, seed: Uint8Array): Promise<Uint8Array> {
  const [forLattice, theirShare] = split(encapsulated, LATTICE_ENCAPSULATED_SIZE, SHARE_SIZE);
  const { forLattice: latticeSeed, scalar } = expand(seed);
  const [share, agreed] = await Promise.all([publicShare(scalar), agree(scalar, theirShare)]);
  const { secretKey } = ml_kem768.keygen(latticeSeed);
  return combine(ml_kem768.decapsulate(forLattice, secretKey), agreed, theirShare, share);
}

/** The draft's expandDecapsulationKey, as far as the seed of ML-KEM's keys and X25519's private one. */
function expand(seed: Uint8Array) {
  if (seed.length !== SEED_SIZE) throw new RangeError("seed: 32 octets expected");
  const expanded = shake256(seed, { dkLen: LATTICE_SEED_SIZE + SHARE_SIZE });
  const [forLattice, scalar] = split(expanded, LATTICE_SEED_SIZE, SHARE_SIZE);
  return { forLattice, scalar };
}

/** The draft's Combiner. ML-KEM's ciphertext and key need not be in it: its own secret already hangs on both. */
function combine(
  latticeSecret: Uint8Array,
  agreed: Uint8Array,
  encapsulatedShare: Uint8Array,
  publicShare: Uint8Array,
): Uint8Array {
  return sha3_256(concatBytes(latticeSecret, agreed, encapsulatedShare, publicShare, LABEL));
}

function split(octets: Uint8Array, first: number, second: number): [Uint8Array, Uint8Array] {
  if (octets.length !== first + second) throw new RangeError(`${first + second} octets expected`);
  return [octets.subarray(0, first), octets.subarray(first)];
}
