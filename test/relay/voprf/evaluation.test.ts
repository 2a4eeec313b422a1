import { describe, expect, it } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { blind, finalize } from "../../../src/protocol/voprf.ts";
import { evaluateBatch, isOutputOf, outputOf } from "../../../src/relay/voprf/evaluation.ts";
import { type VoprfKey, voprfKeys } from "../../../src/relay/voprf/keys.ts";
import rfc9497 from "../../vectors/voprf.json" with { type: "json" };

const octets = (text: string) =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const [key] = voprfKeys("KEYS", `1:${encodeBase64url(octets(rfc9497.secretKey))}`) as [VoprfKey];
const inputs = ["+6421000001", "+6421000002"].map((text) => new TextEncoder().encode(text));

describe("an evaluation", () => {
  it.each(rfc9497.vectors)("is that of RFC 9497 (%#)", ({ batch }) => {
    expect(key.publicKey).toEqual(octets(rfc9497.publicKey));
    const { evaluations } = evaluateBatch(
      key,
      batch.map(({ blindedElement }) => octets(blindedElement)),
    );
    expect(evaluations).toEqual(batch.map(({ evaluationElement }) => octets(evaluationElement)));
    for (const { input, output } of batch) expect(outputOf(key, octets(input))).toEqual(octets(output));
  });

  it("is proven under the key that is published, for the batch as it is", () => {
    const batch = inputs.map(blind);
    const evaluated = evaluateBatch(
      key,
      batch.map(({ element }) => element),
    );
    expect(finalize(batch, key.publicKey, evaluated)).toEqual(inputs.map((input) => outputOf(key, input)));
    const swapped = { ...evaluated, evaluations: evaluated.evaluations.toReversed() };
    expect(finalize(batch, key.publicKey, swapped)).toBeUndefined();
  });

  it("tells an output from what is none", () => {
    const [first, second] = inputs as [Uint8Array, Uint8Array];
    const output = outputOf(key, first);
    expect(isOutputOf(key, first, output)).toBe(true);
    expect(isOutputOf(key, second, output)).toBe(false);
    expect(isOutputOf(key, first, output.subarray(1))).toBe(false);
    for (const at of [0, 63]) {
      const changed = output.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(isOutputOf(key, first, changed)).toBe(false);
    }
  });
});
