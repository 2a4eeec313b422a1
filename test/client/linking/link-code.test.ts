import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatLinkCode,
  type LinkCode,
  LinkCodeError,
  newLinkSecret,
  parseLinkCode,
} from "../../../src/client/linking/link-code.ts";
import { formatAddress } from "../../../src/protocol/address.ts";
import { reach, signingDevice } from "../people/signing-device.ts";

const code = (relay = "https://relay.example", jurisdiction = ""): LinkCode => ({
  address: signingDevice(jurisdiction).address.text,
  deliveryToken: reach().token,
  relay,
  secret: newLinkSecret(),
});

describe("a link code", () => {
  it("reads back as it was written, with a port, a jurisdiction, and white space around it", () => {
    for (const one of [code(), code("https://relay.example:8443"), code("http://127.0.0.1:8787", "eu")])
      expect(parseLinkCode(`  ${formatLinkCode(one)}\n`)).toEqual(one);
  });

  it("keeps address, token and secret behind the #, where no server sees them", () => {
    const one = code();
    expect(formatLinkCode(one)).toBe(
      `https://relay.example/link#${one.address}~${one.deliveryToken}~${one.secret}`,
    );
  });

  it("has another secret each time, of 16 octets", () => {
    const secrets = Array.from({ length: 20 }, newLinkSecret);
    expect(new Set(secrets).size).toBe(20);
    for (const secret of secrets) expect(Buffer.from(secret, "base64url").length).toBe(16);
  });

  it("is refused when it is damaged, foreign, unsafe, or of a key of small order", () => {
    const good = formatLinkCode(code());
    const small = formatLinkCode({ ...code(), address: formatAddress(ed25519.Point.ZERO.toBytes()) });
    const bad = [
      ...["", "hello", "https://relay.example/link", good.slice(0, -1), `${good}A`, `${good}~x`, small],
      ...[good.replace("~", "-"), good.slice(0, good.lastIndexOf("~"))],
      ...[formatLinkCode({ ...code(), secret: "" }), formatLinkCode({ ...code(), deliveryToken: "" })],
      ...[good.replace("/link", "/card"), good.replace("/link#", "/link?x=1#")],
      ...[good.replace("https:", "http:"), good.replace("https:", "ftp:"), good.replace("https:", "data:")],
      ...[good.replace("relay.example", "relay.example@elsewhere.example")],
    ];
    for (const text of bad) expect(() => parseLinkCode(text), text).toThrow(LinkCodeError);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseLinkCode(text)).toThrow(LinkCodeError);
      }),
    );
  });
});
