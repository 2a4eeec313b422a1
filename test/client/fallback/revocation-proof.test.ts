import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import { RelayKeys } from "../../../src/client/fallback/revocation-proof.ts";
import { RelayProtocolError, RelayUnreachableError } from "../../../src/client/relay-problem.ts";
import { PLATFORM } from "../../../src/client/transport.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";

const RELAY = "https://relay.test";
const ADDRESS = "A".repeat(43);
const DEPOSIT = { address: ADDRESS, key: encodeBase64url(randomBytes(16)) };
const CLAIMS = { address: ADDRESS, deposit: DEPOSIT.key, state: "revoked" };
const TYP = "restante-revocation+jwt";

async function keyPair(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "EdDSA", use: "sig" };
  const sign = (claims: object, typ = TYP) =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: "EdDSA", typ, kid }).sign(privateKey);
  return { jwk, sign };
}

function relayWith(keys: () => unknown) {
  let fetched = 0;
  const verifier = new RelayKeys({
    ...PLATFORM,
    fetch: async (input) => {
      expect(String(input)).toBe(`${RELAY}/.well-known/jwks.json`);
      fetched++;
      return Response.json(keys());
    },
  });
  return { verify: (proof: string) => verifier.verify(RELAY, proof, DEPOSIT), fetched: () => fetched };
}

describe("a proof of revocation", () => {
  it("holds when the relay signed it about this deposit; its keys are fetched once", async () => {
    const { jwk, sign } = await keyPair("1-receipts");
    const relay = relayWith(() => ({ keys: [jwk] }));
    await relay.verify(await sign(CLAIMS));
    await relay.verify(await sign({ ...CLAIMS, iat: 1 }));
    expect(relay.fetched()).toBe(1);
  });

  it("under a key that is new is verified with the set as it is then", async () => {
    const [first, second] = [await keyPair("1-receipts"), await keyPair("2-receipts")];
    const keys = [first.jwk];
    const relay = relayWith(() => ({ keys }));
    await relay.verify(await first.sign(CLAIMS));
    keys.unshift(second.jwk);
    await relay.verify(await second.sign(CLAIMS));
    expect(relay.fetched()).toBe(2);
  });

  it("holds for nothing else", async () => {
    const { jwk, sign } = await keyPair("1-receipts");
    const stranger = await keyPair("1-receipts");
    const relay = relayWith(() => ({ keys: [jwk] }));
    const proof = await sign(CLAIMS);
    const [head = "", body = "", signature = ""] = proof.split(".");
    const unsigned = `${encodeBase64url(new TextEncoder().encode(JSON.stringify({ alg: "none", typ: TYP })))}.${body}.`;
    const none = [
      await sign(CLAIMS, "restante-erasure+jwt"),
      await sign(CLAIMS, "JWT"),
      await sign({ ...CLAIMS, address: `B${"A".repeat(42)}` }),
      await sign({ ...CLAIMS, deposit: encodeBase64url(randomBytes(16)) }),
      await sign({ ...CLAIMS, state: "delivered" }),
      await sign({}),
      await stranger.sign(CLAIMS),
      unsigned,
      `${head}.${body}`,
      `${head}.${body}.${signature.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`,
      "e30.e30.e30",
      "",
    ];
    for (const [i, other] of none.entries())
      await expect(relay.verify(other), String(i)).rejects.toThrow(RelayProtocolError);
  });

  it("proves nothing while the relay's keys can't be had, or are none", async () => {
    const { sign } = await keyPair("1-receipts");
    const down = new RelayKeys({ ...PLATFORM, fetch: () => Promise.reject(new TypeError("no network")) });
    await expect(down.verify(RELAY, await sign(CLAIMS), DEPOSIT)).rejects.toThrow(RelayUnreachableError);
    for (const keys of [
      {},
      { keys: "none" },
      { keys: [{ kty: "OKP", crv: "Ed25519", x: "AA", kid: "1-receipts" }] },
    ])
      await expect(relayWith(() => keys).verify(await sign(CLAIMS))).rejects.toThrow(RelayProtocolError);
  });
});
