import { x25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes, randomBytes } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { agree, publicShare } from "../../../src/client/channel/x25519.ts";

const PLATFORMS = [
  { where: "with the platform's own", before: () => {} },
  {
    where: "where the platform has none",
    before: () =>
      void vi
        .spyOn(crypto.subtle, "importKey")
        .mockRejectedValue(new DOMException("Unrecognized name.", "NotSupportedError")),
  },
  {
    where: "in a page without a secure context",
    before: () => void vi.spyOn(crypto, "subtle", "get").mockReturnValue(undefined as never),
  },
];

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(PLATFORMS)("X25519, $where", ({ before }) => {
  beforeEach(before);

  it("is RFC 7748's (§6.1)", async () => {
    const a = hexToBytes("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
    const b = hexToBytes("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb");
    const secret = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
    expect(bytesToHex(await agree(a, await publicShare(b)))).toBe(secret);
    expect(bytesToHex(await agree(b, await publicShare(a)))).toBe(secret);
  });

  it("agrees with the library for any scalar and share, spelled however", async () => {
    for (let i = 0; i < 8; i++) {
      const scalar = randomBytes(32);
      const share = randomBytes(32);
      if (i % 2 === 1) share[31] = 0xff;
      expect(bytesToHex(await publicShare(scalar))).toBe(bytesToHex(x25519.getPublicKey(scalar)));
      expect(bytesToHex(await agree(scalar, share))).toBe(bytesToHex(x25519.getSharedSecret(scalar, share)));
    }
  });

  it("takes 32 octets, and no share of small order", async () => {
    const scalar = randomBytes(32);
    const share = await publicShare(randomBytes(32));
    for (const size of [0, 31, 33]) {
      await expect(publicShare(randomBytes(size)), String(size)).rejects.toThrow();
      await expect(agree(randomBytes(size), share), String(size)).rejects.toThrow();
      await expect(agree(scalar, randomBytes(size)), String(size)).rejects.toThrow();
    }
    for (const u of [0, 1]) {
      const small = new Uint8Array(32);
      small[0] = u;
      await expect(agree(scalar, small), String(u)).rejects.toThrow();
    }
  });
});

it("X25519 is the platform's own where there is one", async () => {
  const deriveBits = vi.spyOn(crypto.subtle, "deriveBits");
  await agree(randomBytes(32), await publicShare(randomBytes(32)));
  expect(deriveBits).toHaveBeenCalledTimes(2);
});
