import { env } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/protocol/address.ts";
import { decodeBase64url, encodeBase64url } from "../../../src/protocol/base64url.ts";
import { deliveryTokenBase, parseDeliveryToken } from "../../../src/protocol/delivery-token.ts";
import { mintDeliveryToken, verifyDeliveryToken } from "../../../src/relay/secrets/delivery-token.ts";
import { currentSecret } from "../../../src/relay/secrets/derived.ts";

const newAddress = () => formatAddress(ed25519.keygen().publicKey);
const newEpoch = () => crypto.getRandomValues(new Uint8Array(16));

describe("a delivery token", () => {
  it("is a MAC that another implementation makes as well", async () => {
    const [address, epoch] = [newAddress(), newEpoch()];
    const token = parseDeliveryToken(await mintDeliveryToken(env, address, epoch));
    const { bytes, rootVersion } = currentSecret(env, "delivery-token");
    expect(token?.rootVersion).toBe(rootVersion);
    expect(token?.mac).toEqual(hmac(sha256, bytes, deliveryTokenBase(address, epoch)));
  });

  it("verifies for its address and for no other", async () => {
    const [address, epoch] = [newAddress(), newEpoch()];
    const token = await mintDeliveryToken(env, address, epoch);
    expect(await verifyDeliveryToken(env, address, token)).toMatchObject({ epoch });
    expect(await verifyDeliveryToken(env, newAddress(), token)).toBeUndefined();
    expect(await verifyDeliveryToken(env, `${address}.eu`, token)).toBeUndefined();
  });

  it("with any bit changed does not verify", async () => {
    const [address, epoch] = [newAddress(), newEpoch()];
    const bytes = decodeBase64url(await mintDeliveryToken(env, address, epoch)) ?? new Uint8Array(0);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length * 8 - 1), async (bit) => {
        const changed = bytes.slice();
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(await verifyDeliveryToken(env, address, encodeBase64url(changed))).toBeUndefined();
      }),
    );
  });

  it("outlives a change of the root secret while the old version is listed, and not longer", async () => {
    const [address, epoch] = [newAddress(), newEpoch()];
    const fresh = `9:${encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))}`;
    const token = await mintDeliveryToken(env, address, epoch);
    const both = { ...env, ROOT_SECRET: `${fresh},${env.ROOT_SECRET}` };
    expect(await verifyDeliveryToken(both, address, token)).toMatchObject({ epoch });
    expect(await verifyDeliveryToken({ ...env, ROOT_SECRET: fresh }, address, token)).toBeUndefined();
    expect(parseDeliveryToken(await mintDeliveryToken(both, address, epoch))?.rootVersion).toBe(9);
  });

  it("outlives a rotation of its own key while the old version is live, and not longer", async () => {
    const [address, epoch] = [newAddress(), newEpoch()];
    const token = await mintDeliveryToken(env, address, epoch);
    const both = { ...env, SECRET_VERSIONS: "delivery-token=2,1" };
    const renewed = await mintDeliveryToken(both, address, epoch);
    expect(renewed).not.toBe(token);
    expect(renewed).toHaveLength(token.length);
    for (const made of [token, renewed])
      expect(await verifyDeliveryToken(both, address, made)).toMatchObject({ epoch });
    const dropped = { ...env, SECRET_VERSIONS: "delivery-token=2" };
    expect(await verifyDeliveryToken(dropped, address, token)).toBeUndefined();
    expect(await verifyDeliveryToken(dropped, address, renewed)).toMatchObject({ epoch });
    const others = { ...env, SECRET_VERSIONS: "receipts=2 number-proof=2 rate-limit=2" };
    expect(await mintDeliveryToken(others, address, epoch)).toBe(token);
  });
});
