import { ristretto255_oprf } from "@noble/curves/ed25519.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { type Blinded, blind, decodeElement, finalize, OUTPUT_SIZE } from "../../src/protocol/voprf.ts";
import rfc9497 from "../vectors/voprf.json" with { type: "json" };

const octets = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const { voprf } = ristretto255_oprf;

const keys = voprf.generateKeyPair();
const numbers = ["+6421000001", "+6421000002", "+6421000003"].map((text) => new TextEncoder().encode(text));

/** What an honest relay answers. */
function evaluate(batch: readonly Blinded[], by = keys) {
  const elements = batch.map(({ element }) => element);
  const { evaluated, proof } = voprf.blindEvaluateBatch(by.secretKey, by.publicKey, elements);
  return { evaluations: evaluated, proof };
}

describe("a blinded look-up", () => {
  it.each(rfc9497.vectors)("has the outputs of RFC 9497 (%#)", ({ batch, proof }) => {
    const blinded = batch.map((one) => ({
      input: octets(one.input),
      blind: octets(one.blind),
      element: octets(one.blindedElement),
    }));
    const evaluations = batch.map(({ evaluationElement }) => octets(evaluationElement));
    const outputs = finalize(blinded, octets(rfc9497.publicKey), { evaluations, proof: octets(proof) });
    expect(outputs?.map(hex)).toEqual(batch.map(({ output }) => output));
  });

  it("of an input has the same output each time, behind another element each time", () => {
    const one = octets(rfc9497.vectors[0]?.batch[0]?.input ?? "");
    const own = { secretKey: octets(rfc9497.secretKey), publicKey: octets(rfc9497.publicKey) };
    const twice = [blind(one), blind(one)];
    expect(twice[0]?.element).not.toEqual(twice[1]?.element);
    const outputs = finalize(twice, own.publicKey, evaluate(twice, own)) ?? [];
    const expected = rfc9497.vectors[0]?.batch[0]?.output;
    expect(outputs.map(hex)).toEqual([expected, expected]);
    expect(outputs[0]).toHaveLength(OUTPUT_SIZE);
  });

  it("is dropped when the relay used another key than it publishes, be it for one of the batch", () => {
    const batch = numbers.map(blind);
    const other = voprf.generateKeyPair();
    expect(finalize(batch, keys.publicKey, evaluate(batch))).toHaveLength(3);
    expect(finalize(batch, keys.publicKey, evaluate(batch, other))).toBeUndefined();
    const honest = evaluate(batch);
    const [, marked] = evaluate(batch, other).evaluations;
    const [first, second, third] = honest.evaluations;
    if (!first || !second || !third || !marked) throw new Error("three evaluations expected");
    for (const evaluations of [
      [first, marked, third],
      [second, first, third],
      [first, first, third],
      [first, second],
      [first, second, third, third],
      [],
    ])
      expect(finalize(batch, keys.publicKey, { ...honest, evaluations })).toBeUndefined();
  });

  it("is dropped when the proof is not one", () => {
    const batch = numbers.map(blind);
    const honest = evaluate(batch);
    for (let bit = 0; bit < 8 * honest.proof.length; bit += 37) {
      const proof = honest.proof.slice();
      proof[bit >> 3] = (proof[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(finalize(batch, keys.publicKey, { ...honest, proof })).toBeUndefined();
    }
    for (const proof of [new Uint8Array(), honest.proof.subarray(1), new Uint8Array(64).fill(255)])
      expect(finalize(batch, keys.publicKey, { ...honest, proof })).toBeUndefined();
    expect(finalize([], keys.publicKey, honest)).toBeUndefined();
  });

  it("never reaches an element that is none", () => {
    const identity = new Uint8Array(32);
    const batch = numbers.slice(0, 1).map(blind);
    for (const evaluation of [identity, new Uint8Array(32).fill(255), randomBytes(31), new Uint8Array()])
      expect(
        finalize(batch, keys.publicKey, { ...evaluate(batch), evaluations: [evaluation] }),
      ).toBeUndefined();
    expect(finalize(batch, identity, evaluate(batch))).toBeUndefined();
  });

  it("takes no input that the function cannot have", () => {
    expect(() => blind(new Uint8Array(0x10000))).toThrow(RangeError);
    expect(blind(new Uint8Array(0xffff)).element).toHaveLength(32);
  });
});

describe("an element in a request", () => {
  it("reads back", () => {
    const { element } = blind(randomBytes(10));
    expect(decodeElement(encodeBase64url(element))).toEqual(element);
  });

  it("that is the identity, not canonical or no element is refused", () => {
    const fieldPrime = octets("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    // RFC 9496, appendix A.3: negative field elements, not a square, and others that have no point.
    const none = [
      "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].map(octets);
    for (const bytes of [new Uint8Array(32), fieldPrime, ...none, randomBytes(31), randomBytes(33)])
      expect(decodeElement(encodeBase64url(bytes)), hex(bytes)).toBeUndefined();
    for (const text of ["", "=", encodeBase64url(blind(randomBytes(1)).element).replace(/.$/, "*")])
      expect(decodeElement(text), text).toBeUndefined();
  });
});
