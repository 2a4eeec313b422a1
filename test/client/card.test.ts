import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContactCardError, formatCard, parseCard, relayOrigin } from "../../src/client/card.ts";
import { formatAddress } from "../../src/protocol/address.ts";
import { formatDeliveryToken } from "../../src/protocol/delivery-token.ts";

const card = (relay = "https://relay.example", jurisdiction = "") => ({
  address: formatAddress(ed25519.keygen().publicKey, jurisdiction),
  deliveryToken: formatDeliveryToken({ rootVersion: 1, epoch: new Uint8Array(16), mac: new Uint8Array(32) }),
  relay,
});

describe("a contact card", () => {
  it("reads back as it was written, with a port, a jurisdiction, and white space around it", () => {
    for (const one of [card(), card("https://relay.example:8443"), card("http://127.0.0.1:8787", "eu")])
      expect(parseCard(`  ${formatCard(one)}\n`)).toEqual(one);
  });

  it("keeps address and token behind the #, where no server sees them", () => {
    const one = card();
    const [seen = ""] = formatCard(one).split("#");
    expect(seen).not.toContain(one.address);
    expect(seen).not.toContain(one.deliveryToken);
  });

  it("is refused when it is damaged, foreign, unsafe, or of a key of small order", () => {
    const good = formatCard(card());
    const small = formatCard({ ...card(), address: formatAddress(ed25519.Point.ZERO.toBytes()) });
    const bad = [
      ...[
        "",
        "hello",
        "https://relay.example/card",
        good.slice(0, -1),
        good.replace("~", "-"),
        `${good}~x`,
        small,
      ],
      ...[
        good.replace("/card", "/other"),
        good.replace("/card#", "/card?x=1#"),
        good.replace("relay.example", "relay.example@elsewhere.example"),
        good.replace("https:", "http:"),
      ],
      ...[good.replace("https:", "ftp:"), good.replace("https:", "javascript:")],
    ];
    for (const text of bad) expect(() => parseCard(text), text).toThrow(ContactCardError);
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseCard(text)).toThrow(ContactCardError);
      }),
    );
  });

  it("names a relay by https, or by http on this very machine", () => {
    expect(relayOrigin("https://relay.example/anything")).toBe("https://relay.example");
    expect(relayOrigin("http://localhost:8787")).toBe("http://localhost:8787");
    for (const bad of ["http://relay.example", "http://127.0.0.1.example", "relay.example", "ws://localhost"])
      expect(() => relayOrigin(bad), bad).toThrow(ContactCardError);
  });
});
