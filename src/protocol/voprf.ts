/**
 * RFC 9497: a verifiable oblivious pseudorandom function, VOPRF(ristretto255, SHA-512), as both ends use it. The
 * client blinds an input, the relay evaluates the blinded elements without learning what is in them, and proves for
 * a whole batch at once that it used the key that it publishes: whoever got another key than everybody else would
 * be recognised by it.
 *
 * Hazards: the proof covers a batch as a whole and in its order, so all of it is dropped or none. An element that
 * is not canonical, or the group's identity, is never used (RFC 9497 §3.3).
 */
import { ristretto255, ristretto255_oprf } from "@noble/curves/ed25519.js";
import { decodeBase64url } from "./base64url.ts";

const { voprf } = ristretto255_oprf;

/** Octets of an element: a blinded input, an evaluation, a public key. */
const ELEMENT_SIZE = 32;
/** Octets of a scalar: a secret key, a blind. */
export const SCALAR_SIZE = 32;
/** Octets of the proof (RFC 9497 §2.2), whatever the size of the batch. */
export const PROOF_SIZE = 64;
/** Octets of the function's output. */
export const OUTPUT_SIZE = 64;

/** An input on its way, which the client keeps until the answer comes. */
export interface Blinded {
  readonly input: Uint8Array;
  /** Secret: with it, the element tells the input to whoever guesses it. */
  readonly blind: Uint8Array;
  /** What the relay gets. */
  readonly element: Uint8Array;
}

export interface Evaluated {
  readonly evaluations: readonly Uint8Array[];
  readonly proof: Uint8Array;
}

/**
 * Hides an input of at most 65,535 octets. Each time another way: a relay cannot tell that one was sent before.
 *
 * @throws RangeError for a longer input
 */
export function blind(input: Uint8Array): Blinded {
  if (input.length > 0xffff) throw new RangeError("input: at most 65,535 octets expected");
  const { blind: scalar, blinded } = voprf.blind(input);
  return { input, blind: scalar, element: blinded };
}

/**
 * Checks the relay's proof over a batch, and takes the blinds off.
 *
 * @param publicKey the element that the relay publishes, not one that came with the answer
 * @returns the outputs, in the order of `batch`; undefined when the relay used another key, changed, left out or
 *   swapped anything, or sent what is no answer: then none of it may be used
 */
export function finalize(
  batch: readonly Blinded[],
  publicKey: Uint8Array,
  { evaluations, proof }: Evaluated,
): Uint8Array[] | undefined {
  if (batch.length === 0 || evaluations.length !== batch.length || proof.length !== PROOF_SIZE)
    return undefined;
  const items = batch.flatMap(({ input, blind: scalar, element }, i) => {
    const evaluated = evaluations[i];
    return evaluated === undefined ? [] : [{ input, blind: scalar, blinded: element, evaluated }];
  });
  try {
    return voprf.finalizeBatch(items, publicKey, proof);
  } catch {
    return undefined;
  }
}

/** @returns undefined for anything but the one encoding of an element that is not the identity (RFC 9496 §4.3.1) */
export function decodeElement(text: string): Uint8Array | undefined {
  const bytes = decodeBase64url(text, ELEMENT_SIZE);
  if (bytes === undefined) return undefined;
  try {
    return ristretto255.Point.fromBytes(bytes).equals(ristretto255.Point.ZERO) ? undefined : bytes;
  } catch {
    return undefined;
  }
}
