/**
 * The relay's half of RFC 9497 in its verifiable mode: evaluating what is blinded, for somebody who may have so
 * many, and computing outputs of what it knows. Costs about 1.6 ms an element: nothing here is called before that
 * was paid for.
 */
import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { equalBytes } from "@noble/curves/utils.js";
import { type Evaluated, OUTPUT_SIZE } from "../../protocol/voprf.ts";
import type { VoprfKey } from "./keys.ts";

/** RFC 9497 §3.3.2 `Evaluate`. The library has it in this mode too and leaves it out of its declaration. */
const voprf = ristretto255_oprf.voprf as typeof ristretto255_oprf.voprf & {
  evaluate(secretKey: Uint8Array, input: Uint8Array): Uint8Array;
};

/**
 * Evaluates a batch and proves it (RFC 9497 §3.3.2 `BlindEvaluate`, §2.2.1).
 *
 * @param elements 1 or more, each by `decodeElement` (protocol/voprf.ts)
 */
export function evaluateBatch(
  { secretKey, publicKey }: VoprfKey,
  elements: readonly Uint8Array[],
): Evaluated {
  const { evaluated, proof } = voprf.blindEvaluateBatch(secretKey, publicKey, [...elements]);
  return { evaluations: evaluated, proof };
}

/** What the holder of `input` gets by blinding it and asking: 64 octets. */
export function outputOf({ secretKey }: VoprfKey, input: Uint8Array): Uint8Array {
  return voprf.evaluate(secretKey, input);
}

/** Whether `output` is the input's under this key. How long it takes does not tell how much of it is right. */
export function isOutputOf(key: VoprfKey, input: Uint8Array, output: Uint8Array): boolean {
  return output.length === OUTPUT_SIZE && equalBytes(outputOf(key, input), output);
}
