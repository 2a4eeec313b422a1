import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE, numberToBytesLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DeviceList,
  decodeDeviceList,
  devicesStatement,
  encodeDeviceList,
  isNewer,
  linkStatement,
  MAX_DEVICES,
  signDeviceList,
  verifyDeviceList,
  verifyLink,
} from "../../../src/client/people/device-list.ts";
import { formatAddress } from "../../../src/protocol/address.ts";
import {
  addressOf,
  countersign,
  listOf,
  reach,
  type SigningDevice,
  signingDevice,
} from "./signing-device.ts";

const first = signingDevice();
const second = signingDevice("eu");
const third = signingDevice();
const list = listOf(7, first, second, third);
const [one, two, three] = list.devices as [
  DeviceList["devices"][0],
  DeviceList["devices"][0],
  DeviceList["devices"][0],
];
const flipped = (bytes: Uint8Array) => bytes.map((octet, i) => (i === 5 ? octet ^ 1 : octet));

/** A device whose key is a good one plus a point of order 2: a check with cofactor takes its signatures. */
function mixedOrderDevice(): SigningDevice {
  const { Point } = ed25519;
  const orderTwo = Point.fromAffine({ x: 0n, y: Point.Fp.ORDER - 1n });
  const scalar = Point.Fn.create(bytesToNumberLE(randomBytes(32)));
  const publicKey = Point.BASE.multiply(scalar).add(orderTwo).toBytes();
  const sign = (data: Uint8Array) => {
    const nonce = Point.Fn.create(bytesToNumberLE(randomBytes(32)));
    const commitment = Point.BASE.multiply(nonce).toBytes();
    const challenge = Point.Fn.create(bytesToNumberLE(sha512(concatBytes(commitment, publicKey, data))));
    const s = Point.Fn.create(nonce + challenge * scalar);
    return concatBytes(commitment, numberToBytesLE(s, 32));
  };
  return { address: addressOf(formatAddress(publicKey)), sign };
}

/** A list as a dishonest first device could sign it. */
function signed(counter: number, devices: DeviceList["devices"]): DeviceList {
  const addresses = devices.map(({ address }) => address);
  return { counter, devices, signature: first.sign(devicesStatement(counter, addresses)) };
}

describe("a device list", () => {
  it("is signed over counter and addresses, and countersigned over first and own address", () => {
    const [a, b] = [addressOf(first.address.text), addressOf(second.address.text)];
    expect(devicesStatement(258, [a, b])).toEqual(
      utf8ToBytes(`restante/devices/1\0\0\b\0\0\0\0\0\0\u0001\u0002\0+${a.text}\0.${b.text}`),
    );
    expect(linkStatement(a, b)).toEqual(utf8ToBytes(`restante/link/1\0\0+${a.text}\0.${b.text}`));
  });

  it("is good when the first signed it and each further one agreed", () => {
    expect(verifyDeviceList(list)).toBe(true);
    expect(verifyLink(first.address, second.address, countersign(first, second))).toBe(true);
    expect(verifyLink(second.address, first.address, countersign(first, second))).toBe(false);
  });

  it("of one device is good: a person may unlink all others", () => {
    expect(verifyDeviceList(listOf(8, first))).toBe(true);
  });

  it("is refused when anything of it is not what was signed", () => {
    const other = signingDevice();
    const refused: [why: string, DeviceList][] = [
      ["another counter", { ...list, counter: 8 }],
      ["a device left out", { ...list, devices: [one, two] }],
      ["another order", { ...list, devices: [one, three, two] }],
      ["another first", { ...list, devices: [two, one, three] }],
      ["another signature", { ...list, signature: flipped(list.signature) }],
      ["a short signature", { ...list, signature: list.signature.slice(1) }],
      ["no device", { ...list, devices: [] }],
      ["signed by the second", { ...list, signature: second.sign(devicesStatement(7, [one.address])) }],
    ];
    for (const [why, bad] of refused) expect(verifyDeviceList(bad), why).toBe(false);
    const badly: [why: string, DeviceList["devices"]][] = [
      ["nobody agreed", [one, { address: two.address, ...reach() }]],
      ["a changed agreement", [one, { ...two, countersignature: flipped(countersign(first, second)) }]],
      ["a short agreement", [one, { ...two, countersignature: countersign(first, second).slice(1) }]],
      ["agreed to somebody else", [one, { ...two, countersignature: countersign(other, second) }]],
      ["somebody else agreed", [one, { ...two, countersignature: countersign(first, third) }]],
      ["the first agreed", [{ ...one, countersignature: countersign(first, first) }, two]],
      ["a device twice", [one, two, two]],
      ["the first twice", [one, { ...one, countersignature: countersign(first, first) }]],
    ];
    for (const [why, devices] of badly) expect(verifyDeviceList(signed(7, devices)), why).toBe(false);
  });

  it("is refused when one key is there under two jurisdictions", () => {
    const elsewhere = { ...second, address: addressOf(formatAddress(second.address.publicKey, "fedramp")) };
    const twice = { ...reach(), address: elsewhere.address, countersignature: countersign(first, elsewhere) };
    expect(verifyDeviceList(signed(7, [one, twice]))).toBe(true);
    expect(verifyDeviceList(signed(7, [one, two, twice]))).toBe(false);
  });

  it("is refused when a key has a small-order part, though its signatures verify", () => {
    const mixed = mixedOrderDevice();
    const alone = [{ address: mixed.address, ...reach() }];
    const signature = mixed.sign(devicesStatement(1, [mixed.address]));
    expect(
      ed25519.verify(signature, devicesStatement(1, [mixed.address]), mixed.address.publicKey, {
        zip215: false,
      }),
    ).toBe(true);
    expect(verifyDeviceList({ counter: 1, devices: alone, signature })).toBe(false);
    const further = { address: mixed.address, countersignature: countersign(first, mixed), ...reach() };
    expect(verifyDeviceList(signed(7, [one, further]))).toBe(false);
  });

  it("has at most 8 devices and a counter from 1 to 65,535", () => {
    const further = Array.from({ length: MAX_DEVICES }, () => signingDevice());
    expect(verifyDeviceList(listOf(65_535, first, ...further.slice(1)))).toBe(true);
    expect(() => listOf(1, first, ...further)).toThrow(RangeError);
    for (const counter of [0, 65_536, 1.5]) {
      expect(() => signDeviceList(first.sign, counter, [one])).toThrow(RangeError);
      expect(verifyDeviceList({ ...list, counter }), String(counter)).toBe(false);
    }
  });

  it("is not signed by another than the first, nor when others would refuse it", () => {
    expect(() => signDeviceList(second.sign, 7, list.devices)).toThrow(RangeError);
    expect(() => signDeviceList(first.sign, 7, [one, two, two])).toThrow(RangeError);
  });

  it("takes the place of the same person's with a lower counter, and of no other", () => {
    expect(isNewer(list, undefined)).toBe(true);
    expect(isNewer(list, listOf(6, first))).toBe(true);
    expect(isNewer(list, listOf(7, first))).toBe(false);
    expect(isNewer(list, listOf(8, first))).toBe(false);
    expect(isNewer(list, listOf(6, second))).toBe(false);
  });
});

describe("a device list in octets", () => {
  it("reads back as it was written", () => {
    for (const each of [list, listOf(1, second), listOf(65_535, third, first)]) {
      const read = decodeDeviceList(encodeDeviceList(each));
      expect(read).toEqual(each);
      expect(read && verifyDeviceList(read)).toBe(true);
    }
  });

  it("is laid out as the protocol says", () => {
    const bytes = Buffer.from(encodeDeviceList(listOf(258, first, second)));
    const relay = "https://relay-0.example";
    expect(bytes.subarray(0, 4)).toEqual(Buffer.of(1, 2, 2, 43));
    expect(bytes.toString("latin1", 4, 47)).toBe(first.address.text);
    expect(bytes.subarray(47, 111)).toEqual(Buffer.alloc(64));
    expect(bytes.toString("base64url", 111, 160)).toBe(reach().token);
    expect(bytes[160]).toBe(relay.length);
    expect(bytes.toString("latin1", 161, 184)).toBe(relay);
    expect(bytes[184]).toBe(46);
    expect(bytes.length).toBe(3 + 181 + 184 + 64);
  });

  it("has 226 octets at least and 2,427 at most", () => {
    const short = signDeviceList(first.sign, 1, [{ ...one, relay: "r" }]);
    expect(encodeDeviceList(short).length).toBe(226);
    const devices = Array.from({ length: 8 }, () => signingDevice("abcdefgh"));
    const [head] = devices as [(typeof devices)[0]];
    const long = signDeviceList(
      head.sign,
      1,
      listOf(1, head, ...devices.slice(1)).devices.map((device) => ({ ...device, relay: "r".repeat(128) })),
    );
    expect(encodeDeviceList(long).length).toBe(2427);
    expect(decodeDeviceList(encodeDeviceList(long))).toEqual(long);
  });

  it("is refused when it is cut short, longer, or of another form", () => {
    const good = encodeDeviceList(list);
    for (let size = 0; size < good.length; size++)
      expect(decodeDeviceList(good.subarray(0, size)), `${size} octets`).toBeUndefined();
    const changed = (at: number, octet: number) => good.map((old, i) => (i === at ? octet : old));
    const bad: [why: string, Uint8Array][] = [
      ["longer", Uint8Array.of(...good, 0)],
      ["counter 0", changed(1, 0)],
      ["no device", changed(2, 0)],
      ["fewer devices", changed(2, 2)],
      ["nine devices", changed(2, 9)],
      ["no address", changed(3, 0)],
      ["an address of another length", changed(3, 44)],
      ["no character of an address", changed(5, 0x21)],
      ["the first countersigned", changed(47, 1)],
      ["no origin", changed(160, 0)],
      ["a long origin", changed(160, 129)],
      ["an origin of what does not print", changed(161, 0x20)],
    ];
    for (const [why, bytes] of bad) expect(decodeDeviceList(bytes), why).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => decodeDeviceList(bytes) === undefined),
    );
  });

  it("is not written from fields outside its form", () => {
    const { countersignature: _, ...unsigned } = two;
    const bad: [why: string, Partial<DeviceList>][] = [
      ["counter 0", { counter: 0 }],
      ["a long counter", { counter: 65_536 }],
      ["no device", { devices: [] }],
      ["nine devices", { devices: [one, ...Array.from({ length: 8 }, () => two)] }],
      ["the first countersigned", { devices: [two] }],
      ["a further one not", { devices: [one, unsigned] }],
      ["a short countersignature", { devices: [one, { ...two, countersignature: new Uint8Array(63) }] }],
      ["no token", { devices: [{ ...one, token: "" }] }],
      ["no origin", { devices: [{ ...one, relay: "" }] }],
      ["a long origin", { devices: [{ ...one, relay: "r".repeat(129) }] }],
      ["an origin not of ASCII", { devices: [{ ...one, relay: "https://é.example" }] }],
      ["a short signature", { signature: new Uint8Array(63) }],
    ];
    for (const [why, part] of bad)
      expect(() => encodeDeviceList({ ...list, ...part }), why).toThrow(RangeError);
  });
});
