import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../src/protocol/address.ts";
import { pathOf, ROUTES } from "../../src/protocol/routes.ts";

describe("the path of a route", () => {
  it("is the route with its parameters filled in", () => {
    const address = formatAddress(ed25519.keygen().publicKey, "eu");
    expect(pathOf(ROUTES.revocableDeposit, { address, key: "k-_" })).toBe(
      `/v1/mailboxes/${address}/messages/k-_`,
    );
    expect(pathOf(ROUTES.keyClaims, { address })).toBe(`/v1/mailboxes/${address}/one-time-keys/claims`);
    expect(pathOf(ROUTES.receipt, { consentId: "c" })).toBe("/v1/receipts/c");
    expect(pathOf(ROUTES.mailbox, {})).toBe("/v1/mailbox");
  });

  it("keeps a value in its own segment, whatever it holds", () => {
    for (const consentId of ["../consents/current", "a?b", "a#b", "a/b", ":address", "$&", "é"]) {
      const path = pathOf(ROUTES.receipt, { consentId });
      const { pathname, search, hash } = new URL(path, "https://relay.example");
      expect([pathname, search, hash]).toEqual([path, "", ""]);
      expect(decodeURIComponent(path.slice("/v1/receipts/".length))).toBe(consentId);
    }
  });
});

describe("the routes", () => {
  it("are spelled in one way each", () => {
    const shapes = Object.values(ROUTES).map((route) => route.replace(/:[A-Za-z]+/g, ":"));
    expect(new Set(shapes).size).toBe(shapes.length);
    for (const route of Object.values(ROUTES)) expect(route).toMatch(/^(\/(:?[A-Za-z0-9.-]+))+$/);
  });
});
