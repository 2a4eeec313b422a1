import { env } from "cloudflare:workers";
import { ed25519 } from "@noble/curves/ed25519.js";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../src/protocol/address.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { signConsentReceipt } from "../../../src/relay/receipts/consent-receipt.ts";
import { signErasureReceipt } from "../../../src/relay/receipts/erasure-receipt.ts";
import { receiptKeySet } from "../../../src/relay/receipts/key-set.ts";
import { signRevocationProof } from "../../../src/relay/receipts/revocation-proof.ts";
import { RECEIPT_TYPES } from "../../../src/relay/receipts/signing-key.ts";

const DAY = 86_400_000;
const at = Date.UTC(2026, 10, 23);
const address = formatAddress(ed25519.keygen().publicKey, "eu");
const erased = {
  messages: 3,
  bytes: 6144,
  revocableDeposits: 1,
  oneTimeKeys: 40,
  permits: 2,
  deliveryTokens: 1,
};
const erasure = { consentId: "c".repeat(22), address, erased, at, ledgerHead: "head" };
const revocation = { address, key: new Uint8Array(16).fill(5), revokedAt: at + 999 };
const record = {
  address,
  consentId: "c".repeat(22),
  controller: "Somebody",
  noticeVersion: 1,
  noticeHash: "n".repeat(43),
  purposes: ["messaging"] as const,
  jurisdiction: "eu",
  method: "test",
  grantedAt: at,
  statement: "statement",
  signature: "signature",
  statementHash: "hash",
};

const verify = (receipt: string, typ: string, root = env) =>
  jwtVerify(receipt, createLocalJWKSet(receiptKeySet(root)), { typ, algorithms: ["EdDSA"] });

describe("a receipt", () => {
  const kinds = {
    consent: () => signConsentReceipt(env, record, "head"),
    erasure: () => signErasureReceipt(env, erasure),
    revocation: () => signRevocationProof(env, revocation),
  };

  it.each(Object.entries(kinds))(
    "of %s verifies against the key set, as its own kind only",
    async (kind, sign) => {
      const receipt = await sign();
      for (const [other, typ] of Object.entries(RECEIPT_TYPES)) {
        if (other === kind) await expect(verify(receipt, typ)).resolves.toBeDefined();
        else await expect(verify(receipt, typ)).rejects.toThrow("typ");
      }
    },
  );

  it.each(Object.entries(kinds))("of %s, changed in any character, does not verify", async (kind, sign) => {
    const receipt = await sign();
    const typ = RECEIPT_TYPES[kind as keyof typeof RECEIPT_TYPES];
    for (let i = 0; i < receipt.length - 1; i += 7) {
      const changed = receipt.slice(0, i) + (receipt[i] === "A" ? "B" : "A") + receipt.slice(i + 1);
      await expect(verify(changed, typ)).rejects.toThrow();
    }
  });

  it("is the same in bytes when it is asked for again", async () => {
    for (const sign of Object.values(kinds)) expect(await sign()).toBe(await sign());
  });

  it("still verifies after the root secret changed, while the old version is listed", async () => {
    const old = await signErasureReceipt(env, erasure);
    const fresh = `2:${encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))}`;
    const both = { ...env, ROOT_SECRET: `${fresh},${env.ROOT_SECRET}` };
    const renewed = await signErasureReceipt(both, erasure);
    expect(decodeProtectedHeader(old).kid).toBe("1-receipts");
    expect(decodeProtectedHeader(renewed).kid).toBe("2-receipts");
    await expect(verify(old, RECEIPT_TYPES.erasure, both)).resolves.toBeDefined();
    await expect(verify(renewed, RECEIPT_TYPES.erasure, both)).resolves.toBeDefined();
    await expect(verify(old, RECEIPT_TYPES.erasure, { ...env, ROOT_SECRET: fresh })).rejects.toThrow();
  });
});

describe("a signing key rotated by itself", () => {
  it("leaves old receipts verifying until its version is dropped", async () => {
    const old = await signErasureReceipt(env, erasure);
    const both = { ...env, SECRET_VERSIONS: "receipts=2,1" };
    const renewed = await signErasureReceipt(both, erasure);
    expect(decodeProtectedHeader(old).kid).toBe("1-receipts");
    expect(decodeProtectedHeader(renewed).kid).toBe("1-receipts-2");
    for (const receipt of [old, renewed])
      await expect(verify(receipt, RECEIPT_TYPES.erasure, both)).resolves.toBeDefined();
    const dropped = { ...env, SECRET_VERSIONS: "receipts=2" };
    await expect(verify(old, RECEIPT_TYPES.erasure, dropped)).rejects.toThrow();
    await expect(verify(renewed, RECEIPT_TYPES.erasure, dropped)).resolves.toBeDefined();
  });
});

describe("a signing key that was dropped", () => {
  const entry = () => receiptKeySet(env).keys.map(({ kid, x }) => `${kid}:${x}`)[0] ?? "";

  it("still verifies what it signed, while its public half is listed", async () => {
    const old = await signErasureReceipt(env, erasure);
    const fresh = `2:${encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))}`;
    for (const dropping of [{ SECRET_VERSIONS: "receipts=2" }, { ROOT_SECRET: fresh }]) {
      const dropped = { ...env, ...dropping };
      await expect(verify(old, RECEIPT_TYPES.erasure, dropped)).rejects.toThrow();
      const listed = { ...dropped, RETIRED_RECEIPT_KEYS: `9-receipts-3:${"A".repeat(43)} ${entry()}` };
      await expect(verify(old, RECEIPT_TYPES.erasure, listed)).resolves.toBeDefined();
      const kids = receiptKeySet(listed).keys.map(({ kid }) => kid);
      expect(kids.slice(1)).toEqual(["9-receipts-3", "1-receipts"]);
    }
  });

  it("is in the set once while its version is live as well", () => {
    const listed = { ...env, RETIRED_RECEIPT_KEYS: entry() };
    expect(receiptKeySet(listed)).toEqual(receiptKeySet(env));
  });

  it("is not overlooked when its entry is malformed", () => {
    for (const text of ["1-receipts", "1-receipts:AA", `x:${"A".repeat(43)}`, `${entry()}:1`, `${entry()},`])
      expect(() => receiptKeySet({ ...env, RETIRED_RECEIPT_KEYS: text }), text).toThrow(
        "RETIRED_RECEIPT_KEYS",
      );
  });
});

describe("the key set", () => {
  it("shows public halves only", () => {
    for (const key of receiptKeySet(env).keys)
      expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
  });
});

describe("an erasure receipt", () => {
  it("says what was erased, and names nobody", async () => {
    const { payload } = await verify(await signErasureReceipt(env, erasure), RECEIPT_TYPES.erasure);
    expect(payload).toMatchObject({ consentId: erasure.consentId, erased, erasedAt: at, jurisdiction: "eu" });
    expect(payload.ledger_head).toBe("head");
    expect(JSON.stringify(payload)).not.toContain(address.slice(0, 43));
  });

  it("names the directory's rows, and what a code left: ten minutes, and their backups", async () => {
    const { payload } = await verify(await signErasureReceipt(env, erasure), RECEIPT_TYPES.erasure);
    const [kept, restorable] = [payload.kept, payload.restorable] as { rows: string; until: number }[][];
    const ofCodes = expect.stringContaining("keyed hash of the code");
    expect(kept).toContainEqual({ rows: ofCodes, until: at + 600_000 });
    expect(restorable).toContainEqual(
      expect.objectContaining({ rows: ofCodes, until: at + 600_000 + 30 * DAY }),
    );
    expect(restorable?.[1]?.rows).toContain("sealed entries of the directory and of claims on them");
  });

  it("says until when the platform's backups could bring rows back", async () => {
    const { payload } = await verify(await signErasureReceipt(env, erasure), RECEIPT_TYPES.erasure);
    const restorable = payload.restorable as { from: string; rows: string; until: number }[];
    expect(restorable).toHaveLength(3);
    for (const { until } of restorable.slice(0, 2)) expect(until).toBe(at + 30 * DAY);
    expect(restorable[0]?.rows).toContain("sealed envelopes");
    for (const kind of ["address", "consent id", "notice version", "opening time", "day of the last visit"])
      expect(restorable[0]?.rows).toContain(kind);
    expect(restorable[1]?.rows).toContain("consent record");
  });
});

describe("a consent receipt", () => {
  it("carries the record, the statement and the ledger's head", async () => {
    const { payload } = await verify(await signConsentReceipt(env, record, "head"), RECEIPT_TYPES.consent);
    expect(payload).toMatchObject({
      iat: at / 1000,
      record_id: record.consentId,
      pii_principal_id: address,
      pii_controller: "Somebody",
      privacy_notice: { version: 1, hash: record.noticeHash },
      purposes: [{ purpose: "messaging", lawful_basis: "consent" }],
      jurisdiction: "eu",
      collection_method: "test",
      consent_timestamp: at,
      statement: "statement",
      ledger_head: "head",
    });
  });
});

describe("a revocation proof", () => {
  it("names deposit and address, and is dated by the revocation", async () => {
    const { payload } = await verify(await signRevocationProof(env, revocation), RECEIPT_TYPES.revocation);
    expect(payload).toEqual({
      iat: at / 1000,
      address,
      deposit: encodeBase64url(revocation.key),
      state: "revoked",
    });
  });
});
