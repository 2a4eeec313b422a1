/** What a thief makes of foundings: docs/channels.md, "Founding", by whoever has a private key or a secret. */
import { createHash } from "node:crypto";
import { Chacha20Poly1305 } from "@hpke/chacha20poly1305";
import { CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expandable, octetsOf, quickExpand, quickExtract, wordsOf } from "./quick-hkdf.ts";

const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Chacha20Poly1305() });

const ENC = 17;
const CIPHERTEXT = ENC + 1120;
/** Where message 0 begins in a founding's envelope. */
export const MESSAGE_0 = CIPHERTEXT + 214;

/** Where an X-Wing public key has ML-KEM's ρ (FIPS 203 §5.1): 32 octets that take no lattice to make. */
const RHO = 1152;

export function rhoOf(publicKey: Uint8Array): Uint8Array {
  return publicKey.subarray(RHO, RHO + 32);
}

/** The ρ of the public key that this seed has, if it is one (draft-connolly-cfrg-xwing-kem; FIPS 203, algorithm 13). */
export function rhoFromSeed(seed: Uint8Array): Uint8Array {
  const expanded = createHash("shake256", { outputLength: 96 }).update(seed).digest();
  const d = expanded.subarray(0, 32);
  return createHash("sha3-512").update(d).update(Uint8Array.of(3)).digest().subarray(0, 32);
}

/** The chain key 0 that a private key gives. @returns undefined when the founding is not sealed to it */
export async function chainFromPrivateKey(
  envelope: Uint8Array,
  seed: Uint8Array,
  keyHash: Uint8Array,
  recipient: string,
): Promise<Uint8Array | undefined> {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, envelope.length);
  try {
    const recipientKey = await suite.kem.deserializePrivateKey(seed);
    const info = concatBytes(utf8ToBytes(`restante/founding/1\0${recipient}`), keyHash);
    const aad = concatBytes(Uint8Array.of(1), envelope.subarray(1, ENC), size);
    const enc = envelope.slice(ENC, CIPHERTEXT);
    const ciphertext = envelope.slice(CIPHERTEXT, MESSAGE_0);
    const founding = new Uint8Array(await suite.open({ recipientKey, info, enc }, ciphertext, aad));
    const founder = founding.subarray(33, 33 + (founding[32] ?? 0));
    const previous = founding[85] === 1 ? founding.subarray(86, 118) : new Uint8Array();
    const prk = extract(sha256, founding.subarray(0, 32));
    const rest = [previous, founding.subarray(118, 126), founding.subarray(126, 134)];
    const commitment = expand(sha256, prk, COMMITMENT_LABEL, 32);
    return expand(sha256, prk, statement(founder, recipient, keyHash, commitment, rest), 32);
  } catch {
    return undefined;
  }
}

/** What the network tells of a founding. */
interface Circumstances {
  readonly from: string;
  readonly to: string;
  readonly keyHash: Uint8Array;
  /** When it was made, if it left at once. */
  readonly at: number;
}

/** A founding's statement, but for the commitment to its secret, which goes at `commitmentAt`. */
export interface Statement {
  readonly octets: Uint8Array;
  readonly commitmentAt: number;
}

/** Of a first channel. */
export function firstStatement({ from, to, keyHash, at }: Circumstances): Statement {
  const rest = [new Uint8Array(), integer(0), integer(at)];
  const octets = expandable(statement(utf8ToBytes(from), to, keyHash, new Uint8Array(32), rest));
  const commitmentAt = LABEL.length + 2 + from.length + 2 + to.length + 2 + keyHash.length + 2;
  return { octets, commitmentAt };
}

/** The chain keys 0 that a founding's secret gives under each statement: 8 words each. */
export function chainsFromSecret(secret: Uint8Array, statements: readonly Statement[]): Int32Array[] {
  quickExtract(wordsOf(secret));
  const commitment = octetsOf(quickExpand(COMMITMENT));
  return statements.map(({ octets, commitmentAt }) => {
    octets.set(commitment, commitmentAt);
    return quickExpand(octets).slice();
  });
}

const LABEL = utf8ToBytes("restante/channel/1\0");
const COMMITMENT_LABEL = utf8ToBytes("restante/commitment/1");
const COMMITMENT = expandable(COMMITMENT_LABEL);

function statement(
  founder: Uint8Array,
  recipient: string,
  keyHash: Uint8Array,
  commitment: Uint8Array,
  rest: readonly Uint8Array[],
): Uint8Array {
  const fields = [founder, utf8ToBytes(recipient), keyHash, commitment, ...rest];
  return concatBytes(
    LABEL,
    ...fields.flatMap((field) => [Uint8Array.of(field.length >> 8, field.length & 0xff), field]),
  );
}

function integer(value: number): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, BigInt(value));
  return octets;
}
