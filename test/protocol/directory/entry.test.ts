import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { randomBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/protocol/address.ts";
import { ENTRY_SIZE, openEntry, sealEntry } from "../../../src/protocol/directory/entry.ts";
import { routeKeys } from "../../../src/protocol/directory/route-keys.ts";

const keys = routeKeys(randomBytes(64));
const nonce = randomBytes(24);
const { publicKey } = ed25519.keygen();
const shortest = formatAddress(publicKey);
const longest = formatAddress(publicKey, "abcdefgh");

/** As it would be sealed with another content. */
function sealPlain(plain: Uint8Array): Uint8Array {
  const box = xchacha20poly1305(keys.entryKey, nonce, keys.routeId).encrypt(plain);
  return Uint8Array.from([...nonce, ...box]);
}

function plainOf(address: string, change: (plain: Uint8Array) => void = () => {}): Uint8Array {
  const plain = new Uint8Array(56);
  plain.set([1, address.length]);
  plain.set(new TextEncoder().encode(address), 2);
  plain.set([0x4f, 0xea], 54);
  change(plain);
  return plain;
}

describe("a directory entry", () => {
  it("is 96 octets for any address, and opens with the keys of the number", () => {
    for (const address of [shortest, longest])
      for (const verifiedDay of [0, 20_458, 65_535]) {
        const sealed = sealEntry({ address, verifiedDay }, keys, nonce);
        expect(sealed).toHaveLength(ENTRY_SIZE);
        expect(sealed).toHaveLength(96);
        expect(openEntry(sealed, keys)).toEqual({ address, verifiedDay });
      }
    expect(openEntry(sealPlain(plainOf(longest)), keys)).toEqual({ address: longest, verifiedDay: 0x4fea });
  });

  it("tells nothing to whoever has another number's keys, and stays in its place", () => {
    const sealed = sealEntry({ address: shortest, verifiedDay: 1 }, keys, nonce);
    const other = routeKeys(randomBytes(64));
    expect(openEntry(sealed, other)).toBeUndefined();
    expect(openEntry(sealed, { ...keys, routeId: other.routeId })).toBeUndefined();
    expect(openEntry(sealed, { ...keys, entryKey: other.entryKey })).toBeUndefined();
  });

  it("changed, cut or longer is refused", () => {
    const sealed = sealEntry({ address: shortest, verifiedDay: 1 }, keys, nonce);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openEntry(changed, keys), `${at}`).toBeUndefined();
    }
    expect(openEntry(sealed.subarray(1), keys)).toBeUndefined();
    expect(openEntry(Uint8Array.from([...sealed, 0]), keys)).toBeUndefined();
    expect(openEntry(new Uint8Array(), keys)).toBeUndefined();
  });

  it.each<[string, Uint8Array]>([
    ["another version", plainOf(shortest, (plain) => plain.set([2], 0))],
    ["padding that is not zero", plainOf(shortest, (plain) => plain.set([1], 53))],
    ["an address cut short", plainOf(shortest, (plain) => plain.set([42], 1))],
    ["an address longer than any", plainOf(longest, (plain) => plain.set([53], 1))],
    ["no address", plainOf("")],
    ["an address that is none", plainOf("x".repeat(43))],
    ["a shorter plaintext", plainOf(shortest).subarray(1)],
  ])("with %s is refused", (_, plain) => {
    expect(openEntry(sealPlain(plain), keys)).toBeUndefined();
  });

  it("is not made from parts that don't fit", () => {
    const entry = { address: shortest, verifiedDay: 1 };
    expect(() => sealEntry({ ...entry, address: "x" }, keys, nonce)).toThrow(RangeError);
    for (const verifiedDay of [-1, 1.5, 65_536])
      expect(() => sealEntry({ ...entry, verifiedDay }, keys, nonce)).toThrow(RangeError);
    expect(() => sealEntry(entry, keys, nonce.subarray(1))).toThrow(RangeError);
    expect(() => routeKeys(randomBytes(63))).toThrow(RangeError);
  });
});
