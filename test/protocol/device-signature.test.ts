import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Address, formatAddress, isTorsionFree, parseAddress } from "../../src/protocol/address.ts";
import { verifyDeviceSignature, verifyDeviceSignatureAsync } from "../../src/protocol/device-signature.ts";

const { Point } = ed25519;
type Point = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;
const PRIME = Point.Fp.ORDER;
const STATEMENT = utf8ToBytes("restante/key/1\0what was signed");

function octets(integer: bigint): Uint8Array {
  return hexToBytes(integer.toString(16).padStart(64, "0")).reverse();
}

function integer(bytes: Uint8Array): bigint {
  return BigInt(`0x${bytesToHex(bytes.slice().reverse())}`);
}

function addressOf(publicKey: Uint8Array): Address {
  const address = parseAddress(formatAddress(publicKey));
  if (address === undefined) throw new Error("no address");
  return address;
}

/** The points of small order, 8 of them: multiples of one whose order is 8. */
function smallOrder(): Point[] {
  const generator = [2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n]
    .flatMap((y) => pointsWith(y))
    .map((point) => point.multiplyUnsafe(ORDER - 1n).add(point))
    .find((point) => !point.multiplyUnsafe(4n).is0());
  if (generator === undefined) throw new Error("no point of order 8");
  return Array.from({ length: 8 }, (_, i) => (i === 0 ? Point.ZERO : generator.multiplyUnsafe(BigInt(i))));
}

function pointsWith(y: bigint): Point[] {
  try {
    return [Point.fromBytes(octets(y))];
  } catch {
    return [];
  }
}

/** What whoever knows scalar `a` can make with any R and A = aB + torsion: it satisfies the equation times 8. */
function signWith(a: bigint, publicKey: Uint8Array, r: bigint, R: Uint8Array): Uint8Array {
  const k = integer(sha512(concatBytes(R, publicKey, STATEMENT))) % ORDER;
  return concatBytes(R, octets((r + k * a) % ORDER));
}

const A = 0x1234_5678_9abcn;
const R = 0xfedc_ba98_7654n;
const PUBLIC_KEY = Point.BASE.multiply(A).toBytes();

const WAYS = [
  { way: "at once", verify: verifyDeviceSignature, before: () => {} },
  { way: "by the platform", verify: verifyDeviceSignatureAsync, before: () => {} },
  {
    way: "where the platform has no Ed25519",
    verify: verifyDeviceSignatureAsync,
    before: () =>
      void vi
        .spyOn(crypto.subtle, "importKey")
        .mockRejectedValue(new DOMException("Unrecognized name.", "NotSupportedError")),
  },
  {
    way: "in a page without a secure context",
    verify: verifyDeviceSignatureAsync,
    before: () => void vi.spyOn(crypto, "subtle", "get").mockReturnValue(undefined as never),
  },
] as const;

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(WAYS)("a device's signature, verified $way", ({ verify, before }) => {
  beforeEach(before);

  it("is good from its device, however often it is asked, and for no other statement or device", async () => {
    const { secretKey, publicKey } = ed25519.keygen();
    const device = addressOf(publicKey);
    const stranger = addressOf(ed25519.keygen().publicKey);
    const signature = ed25519.sign(STATEMENT, secretKey);
    for (let time = 0; time < 3; time++) {
      expect(await verify(device, STATEMENT, signature)).toBe(true);
      expect(await verify(device, STATEMENT.slice(1), signature)).toBe(false);
      expect(await verify(stranger, STATEMENT, signature)).toBe(false);
    }
    for (let at = 0; at < 64; at++) {
      const changed = signature.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await verify(device, STATEMENT, changed)).toBe(false);
    }
    expect(await verify(device, STATEMENT, signature.slice(1))).toBe(false);
    expect(await verify(device, STATEMENT, concatBytes(signature, Uint8Array.of(0)))).toBe(false);
  });

  it("is refused from a key of small order, which needs no secret", async () => {
    for (const point of smallOrder()) {
      const publicKey = point.toBytes();
      const signature = signWith(0n, publicKey, R, Point.BASE.multiply(R).toBytes());
      expect(ed25519.verify(signature, STATEMENT, publicKey, { zip215: true })).toBe(true);
      expect(await verify(addressOf(publicKey), STATEMENT, signature)).toBe(false);
    }
  });

  it("is refused from a key with a part of small order, each time", async () => {
    for (const torsion of smallOrder().slice(1)) {
      const publicKey = Point.BASE.multiply(A).add(torsion).toBytes();
      const signature = signWith(A, publicKey, R, Point.BASE.multiply(R).toBytes());
      // What strict verification alone lets pass.
      expect(ed25519.verify(signature, STATEMENT, publicKey, { zip215: false })).toBe(true);
      const device = addressOf(publicKey);
      expect(isTorsionFree(device)).toBe(false);
      expect(await verify(device, STATEMENT, signature)).toBe(false);
      expect(await verify(device, STATEMENT, signature)).toBe(false);
    }
  });

  it("is refused in another spelling of R, or with S not below the group's order", async () => {
    const device = addressOf(PUBLIC_KEY);
    const good = signWith(A, PUBLIC_KEY, R, Point.BASE.multiply(R).toBytes());
    expect(await verify(device, STATEMENT, good)).toBe(true);
    const larger = concatBytes(good.slice(0, 32), octets(integer(good.slice(32)) + ORDER));
    expect(await verify(device, STATEMENT, larger)).toBe(false);
    // The identity, with y = p + 1 in place of 1.
    const spelledOtherwise = signWith(A, PUBLIC_KEY, 0n, octets(PRIME + 1n));
    expect(ed25519.verify(spelledOtherwise, STATEMENT, PUBLIC_KEY, { zip215: true })).toBe(true);
    expect(await verify(device, STATEMENT, spelledOtherwise)).toBe(false);
  });
});

describe("a platform's Ed25519", () => {
  const device = addressOf(PUBLIC_KEY);
  const good = signWith(A, PUBLIC_KEY, R, Point.BASE.multiply(R).toBytes());

  it("is what verifies where there is one", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    expect(await verifyDeviceSignatureAsync(device, STATEMENT, good)).toBe(true);
    expect(verify).toHaveBeenCalledOnce();
  });

  it("is not trusted with the spelling of R and S, nor with the key's group", async () => {
    vi.spyOn(crypto.subtle, "verify").mockResolvedValue(true);
    expect(await verifyDeviceSignatureAsync(device, STATEMENT, good)).toBe(true);
    const larger = concatBytes(good.slice(0, 32), octets(integer(good.slice(32)) + ORDER));
    expect(await verifyDeviceSignatureAsync(device, STATEMENT, larger)).toBe(false);
    const spelledOtherwise = concatBytes(octets(PRIME + 1n), good.slice(32));
    expect(await verifyDeviceSignatureAsync(device, STATEMENT, spelledOtherwise)).toBe(false);
    for (const torsion of smallOrder().slice(1)) {
      const mixed = addressOf(Point.BASE.multiply(A).add(torsion).toBytes());
      expect(await verifyDeviceSignatureAsync(mixed, STATEMENT, good)).toBe(false);
    }
  });

  it("takes no signature whose R has a part of small order", async () => {
    for (const torsion of smallOrder().slice(1)) {
      const spoilt = signWith(A, PUBLIC_KEY, R, Point.BASE.multiply(R).add(torsion).toBytes());
      expect(await verifyDeviceSignatureAsync(device, STATEMENT, spoilt)).toBe(false);
    }
  });
});
