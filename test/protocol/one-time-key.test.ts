import { createHash, createPrivateKey, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../src/protocol/address.ts";
import {
  keyHash,
  keyId,
  type OneTimeKey,
  oneTimeKeyFromJson,
  oneTimeKeyStatement,
  oneTimeKeyToJson,
  verifyOneTimeKey,
  X_WING_PUBLIC_KEY_SIZE,
} from "../../src/protocol/one-time-key.ts";

const NOW = 1_700_000_000_000;
const device = ed25519.keygen();
const address = addressOf(formatAddress(device.publicKey));

function addressOf(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error("no address");
  return parsed;
}

function signedKey(parts: Partial<OneTimeKey> = {}, by = device.secretKey, to = address.text): OneTimeKey {
  const key = {
    publicKey: randomBytes(X_WING_PUBLIC_KEY_SIZE),
    lastResort: false,
    expires: NOW + 1,
    ...parts,
  };
  return { ...key, signature: parts.signature ?? ed25519.sign(oneTimeKeyStatement(to, key), by) };
}

describe("a one-time key", () => {
  it("is named by the SHA-256 of its public key, and by the first 16 octets of it", () => {
    const { publicKey } = signedKey();
    const digest = createHash("sha256").update(publicKey).digest();
    expect(Buffer.from(keyHash(publicKey))).toEqual(digest);
    expect(Buffer.from(keyId(publicKey))).toEqual(digest.subarray(0, 16));
  });

  it("is signed over address, hash, last-resort or not, and expiry", () => {
    const key = { publicKey: new Uint8Array(X_WING_PUBLIC_KEY_SIZE), lastResort: true, expires: 0x0102 };
    expect(Buffer.from(oneTimeKeyStatement("addr", key))).toEqual(
      Buffer.concat([
        utf8ToBytes("restante/key/1\0\0\u0004addr\0\u0020"),
        createHash("sha256").update(key.publicKey).digest(),
        Buffer.of(0, 1, 1, 0, 8, 0, 0, 0, 0, 0, 0, 1, 2),
      ]),
    );
  });

  it("is good when its device signed it, by any Ed25519", async () => {
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), device.secretKey]);
    const nodeKey = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const key = { publicKey: randomBytes(X_WING_PUBLIC_KEY_SIZE), lastResort: false, expires: NOW + 1 };
    const signature = new Uint8Array(sign(null, oneTimeKeyStatement(address.text, key), nodeKey));
    expect(await verifyOneTimeKey(address, { ...key, signature }, NOW)).toBe(true);
  });

  it("is used until its expiry and not at it", async () => {
    const key = signedKey({ expires: NOW });
    expect(await verifyOneTimeKey(address, key, NOW - 1)).toBe(true);
    expect(await verifyOneTimeKey(address, key, NOW)).toBe(false);
    expect(await verifyOneTimeKey(address, key, NOW + 1)).toBe(false);
  });

  it("is refused when any part is not what was signed", async () => {
    const key = signedKey();
    const other = ed25519.keygen();
    const flipped = (bytes: Uint8Array) => bytes.map((octet, i) => (i === 5 ? octet ^ 1 : octet));
    const refused: [why: string, OneTimeKey][] = [
      ["another public key", { ...key, publicKey: flipped(key.publicKey) }],
      ["made a last resort", { ...key, lastResort: true }],
      ["longer life", { ...key, expires: key.expires + 1 }],
      ["another signature", { ...key, signature: flipped(key.signature) }],
      ["another device's signature", signedKey({}, other.secretKey)],
      ["signed for another mailbox", signedKey({}, device.secretKey, formatAddress(device.publicKey, "eu"))],
      ["short public key", signedKey({ publicKey: randomBytes(X_WING_PUBLIC_KEY_SIZE - 1) })],
      ["long public key", signedKey({ publicKey: randomBytes(X_WING_PUBLIC_KEY_SIZE + 1) })],
      ["short signature", { ...key, signature: key.signature.subarray(1) }],
      ["no signature", { ...key, signature: new Uint8Array() }],
    ];
    expect(await verifyOneTimeKey(address, key, NOW)).toBe(true);
    for (const [why, bad] of refused) expect(await verifyOneTimeKey(address, bad, NOW), why).toBe(false);
  });

  it("of an address of small order is refused, though any signature fits it", async () => {
    const identity = addressOf(formatAddress(ed25519.Point.ZERO.toBytes()));
    const signature = new Uint8Array(64);
    signature.set(ed25519.Point.ZERO.toBytes());
    expect(await verifyOneTimeKey(identity, signedKey({ signature }), NOW)).toBe(false);
  });
});

describe("a one-time key in JSON", () => {
  it("reads back as it was written", () => {
    for (const lastResort of [true, false]) {
      const key = signedKey({ lastResort });
      expect(oneTimeKeyFromJson(JSON.parse(JSON.stringify(oneTimeKeyToJson(key))))).toEqual(key);
    }
  });

  it("with a part missing, of another type or another length is refused", () => {
    const json = oneTimeKeyToJson(signedKey());
    for (const bad of [
      undefined,
      null,
      "key",
      [],
      {},
      { ...json, publicKey: undefined },
      { ...json, publicKey: json.publicKey.slice(4) },
      { ...json, publicKey: `${json.publicKey}=` },
      { ...json, publicKey: 1 },
      { ...json, lastResort: "false" },
      { ...json, lastResort: undefined },
      { ...json, expires: "1" },
      { ...json, expires: 1.5 },
      { ...json, expires: -1 },
      { ...json, expires: 2 ** 53 },
      { ...json, signature: json.signature.slice(1) },
      { ...json, signature: null },
    ])
      expect(oneTimeKeyFromJson(bad), JSON.stringify(bad)?.slice(-60)).toBeUndefined();
  });

  it("never throws on any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => oneTimeKeyFromJson(value) === undefined));
  });
});
