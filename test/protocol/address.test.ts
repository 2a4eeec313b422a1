import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, isTorsionFree, parseAddress } from "../../src/protocol/address.ts";

const key = () => ed25519.keygen().publicKey;

describe("an address", () => {
  it("reads back as it was written, with and without a jurisdiction", () => {
    for (const jurisdiction of ["", "eu", "fedramp"]) {
      const publicKey = key();
      const address = parseAddress(formatAddress(publicKey, jurisdiction));
      expect(address).toMatchObject({ publicKey, jurisdiction });
    }
  });

  it("has one spelling: every other text is refused", () => {
    const text = formatAddress(key());
    const refused = [
      "",
      text.slice(1),
      `${text}A`,
      `${text}=`,
      `${text}.`,
      `${text}.EU`,
      `${text}.e`,
      `${text}.eu.eu`,
      `${text}.eu1`,
      ` ${text}`,
      text.replace(/./, "+"),
    ];
    for (const bad of refused) expect(parseAddress(bad), bad).toBeUndefined();
    // The last character has two unused bits: only the spelling with both zero is the address.
    const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const accepted = [...last].filter((c) => parseAddress(text.slice(0, 42) + c) !== undefined);
    expect(accepted.every((c) => last.indexOf(c) % 4 === 0)).toBe(true);
  });

  it("is refused when its y-coordinate is not below the field prime", () => {
    const prime = new Uint8Array(32).fill(0xff);
    prime[0] = 0xed;
    prime[31] = 0x7f;
    expect(parseAddress(formatAddress(prime))).toBeUndefined();
    prime[0] = 0xec;
    expect(parseAddress(formatAddress(prime))).toBeDefined();
  });

  it("of small or mixed order is known as such", () => {
    const read = (bytes: Uint8Array) => {
      const address = parseAddress(formatAddress(bytes));
      if (address === undefined) throw new Error("not canonical");
      return address;
    };
    const identity = ed25519.Point.ZERO.toBytes();
    const order2 = new Uint8Array(32).fill(0xff);
    order2[0] = 0xec;
    order2[31] = 0x7f;
    const mixed = ed25519.Point.BASE.add(ed25519.Point.fromBytes(order2)).toBytes();
    expect(isTorsionFree(read(identity))).toBe(false);
    expect(isTorsionFree(read(order2))).toBe(false);
    expect(isTorsionFree(read(mixed))).toBe(false);
    expect(isTorsionFree(read(key()))).toBe(true);
  });

  it("never throws on any text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const address = parseAddress(text);
        return address === undefined || formatAddress(address.publicKey, address.jurisdiction) === text;
      }),
    );
  });
});
