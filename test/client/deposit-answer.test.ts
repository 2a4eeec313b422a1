import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDepositAnswer, readRevokedAnswer } from "../../src/client/deposit-answer.ts";
import { RelayProtocolError } from "../../src/client/relay-problem.ts";

describe("an answer of a foreign relay", () => {
  it("is read for what a deposit's answer may hold, and nothing else", () => {
    const forged = { state: "delivered", id: "AAAA", to: "nobody", proof: "p", heldUntil: 7 };
    expect(readDepositAnswer(forged)).toEqual({ state: "delivered", heldUntil: 7 });
    expect(readRevokedAnswer({ state: "revoked", proof: "p", id: "AAAA" })).toEqual({
      state: "revoked",
      proof: "p",
    });
  });

  it("that is anything else is no answer", () => {
    const bad = [
      null,
      "held",
      [],
      {},
      { state: "refused" },
      { state: "queued" },
      { state: "held", heldUntil: "soon" },
    ];
    for (const json of bad) expect(() => readDepositAnswer(json)).toThrow(RelayProtocolError);
    for (const json of [
      {},
      { state: "revoked" },
      { state: "held", proof: "p" },
      { state: "revoked", proof: 1 },
    ])
      expect(() => readRevokedAnswer(json)).toThrow(RelayProtocolError);
  });

  it("never gets a field of its own into a text's record", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          expect(Object.keys(readDepositAnswer(json))).not.toContain("id");
        } catch (error) {
          expect(error).toBeInstanceOf(RelayProtocolError);
        }
      }),
    );
  });
});
