import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newLinkSecret } from "../../../src/client/linking/link-code.ts";
import {
  decodeLinkAcceptance,
  decodeLinkInvitation,
  encodeLinkAcceptance,
  encodeLinkInvitation,
  type LinkAcceptance,
} from "../../../src/client/linking/link-messages.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { encodeWithdrawalStatement } from "../../../src/protocol/withdrawal-statement.ts";
import { countersign, signingDevice } from "../people/signing-device.ts";

const first = signingDevice();
const fresh = signingDevice("eu");
const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));

function acceptance(): LinkAcceptance {
  const statement = encodeWithdrawalStatement({ address: fresh.address.text, consentId: newLinkSecret() });
  return {
    countersignature: countersign(first, fresh),
    withdrawal: { statement, signature: fresh.sign(statement) },
  };
}

describe("a link invitation", () => {
  it("carries the secret of the code that the inviter saw", () => {
    const secret = newLinkSecret();
    const octets = encodeLinkInvitation({ secret });
    expect(Buffer.from(octets).toString()).toBe(`{"secret":"${secret}"}`);
    expect(decodeLinkInvitation(octets)).toEqual({ secret });
  });

  it("may say more one day: what is not known is passed over", () => {
    const secret = newLinkSecret();
    expect(decodeLinkInvitation(json({ secret, more: 1 }))).toEqual({ secret });
  });

  it("is refused when it is malformed", () => {
    const secret = newLinkSecret();
    for (const bad of [undefined, null, [], "x", {}, { secret: 1 }, { secret: `${secret}A` }, { secret: "" }])
      expect(decodeLinkInvitation(json(bad ?? null)), JSON.stringify(bad)).toBeUndefined();
    const good = encodeLinkInvitation({ secret });
    for (const octets of [good.slice(1), good.slice(0, -1), Uint8Array.of(...good, 0), Uint8Array.of(0xff)])
      expect(decodeLinkInvitation(octets)).toBeUndefined();
    expect(decodeLinkInvitation(json({ secret, more: "x".repeat(60_000) }))).toBeUndefined();
    expect(() => encodeLinkInvitation({ secret: "" })).toThrow(RangeError);
  });
});

describe("a link acceptance", () => {
  it("reads back as it was written", () => {
    const one = acceptance();
    expect(decodeLinkAcceptance(encodeLinkAcceptance(one))).toEqual(one);
  });

  it("is refused when a part is missing or of another form", () => {
    const one = acceptance();
    const countersignature = encodeBase64url(one.countersignature);
    const statement = encodeBase64url(one.withdrawal.statement);
    const signature = encodeBase64url(one.withdrawal.signature);
    expect(decodeLinkAcceptance(json({ countersignature, withdrawal: { statement, signature } }))).toEqual(
      one,
    );
    for (const bad of [
      { countersignature },
      { withdrawal: { statement, signature } },
      { countersignature, withdrawal: null },
      { countersignature, withdrawal: [statement, signature] },
      { countersignature, withdrawal: { statement } },
      { countersignature, withdrawal: { signature } },
      { countersignature, withdrawal: { statement: "", signature } },
      { countersignature, withdrawal: { statement: signature, signature } },
      { countersignature, withdrawal: { statement, signature: signature.slice(2) } },
      { countersignature: countersignature.slice(2), withdrawal: { statement, signature } },
      { countersignature: `${countersignature}==`, withdrawal: { statement, signature } },
      { countersignature: 1, withdrawal: { statement, signature } },
    ])
      expect(decodeLinkAcceptance(json(bad)), JSON.stringify(bad)).toBeUndefined();
  });

  it("is not written from fields outside its form", () => {
    const one = acceptance();
    for (const part of [
      { countersignature: new Uint8Array(63) },
      { withdrawal: { ...one.withdrawal, signature: new Uint8Array(65) } },
      { withdrawal: { ...one.withdrawal, statement: new Uint8Array(90) } },
    ])
      expect(() => encodeLinkAcceptance({ ...one, ...part })).toThrow(RangeError);
  });

  it("never throws on any octets or any JSON", () => {
    const decoders = [decodeLinkAcceptance, decodeLinkInvitation];
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => decoders.every((decode) => decode(octets) === undefined)),
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => decoders.every((decode) => decode(json(value)) === undefined)),
    );
  });
});
