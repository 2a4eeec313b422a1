/**
 * A person's devices. The person is named by the address of the first, which signs the list; each further one
 * has countersigned, once and for good, that it belongs to the first. 226 to 2,427 octets:
 *
 *      2   counter, 1 to 65,535: grows with each change
 *      1   number of devices, 1 to 8
 *
 *     for each device, the person's first at the front:
 *      1   length of its address
 *      …   its address
 *     64   its countersignature; zeros for the first
 *      …   how to reach it (reach.ts)
 *
 *     64   signature by the first
 *
 * The signature is over a `restante/devices/1` statement of counter (8) | first's address | each further address,
 * a countersignature over a `restante/link/1` statement of first's address | own address. How to reach a device
 * is unsigned: it changes without a new list, and a wrong one leads to nobody who could read.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Address, parseAddress } from "../../protocol/address.ts";
import { Cursor, encodeShort } from "../../protocol/cursor.ts";
import { SIGNATURE_SIZE, verifyDeviceSignature } from "../../protocol/device-signature.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import type { Sign } from "../../protocol/signed-request.ts";
import { encodeStatement } from "../../protocol/statement.ts";
import { decodeReach, encodeReach, type Reach } from "./reach.ts";

/**
 * Devices of one person. Every text is sealed and sent once for each, by everybody who writes to the person: 8
 * are more than one carries about, and the longest list, 2,427 octets, still goes along in a message of 4 KiB.
 */
export const MAX_DEVICES = 8;
/** What the codec's 2 octets hold; at a change a day, enough for a long life. */
const MAX_COUNTER = 0xffff;

export interface ListedDevice extends Reach {
  readonly address: Address;
  /** 64 octets; the first has none. */
  readonly countersignature?: Uint8Array;
}

export interface DeviceList {
  readonly counter: number;
  readonly devices: readonly ListedDevice[];
  readonly signature: Uint8Array;
}

/** The bytes that the first device signs. */
export function devicesStatement(counter: number, addresses: readonly Address[]): Uint8Array {
  return encodeStatement("devices", [
    encodeInteger(counter),
    ...addresses.map(({ text }) => utf8ToBytes(text)),
  ]);
}

/** The bytes that a further device signs to belong to `first`. */
export function linkStatement(first: Address, own: Address): Uint8Array {
  return encodeStatement("link", [utf8ToBytes(first.text), utf8ToBytes(own.text)]);
}

/** Whether `own` agreed to belong to `first`. */
export function verifyLink(first: Address, own: Address, countersignature: Uint8Array): boolean {
  return verifyDeviceSignature(own, linkStatement(first, own), countersignature);
}

/**
 * @param sign with the key of the first device
 * @throws RangeError for a list that {@link verifyDeviceList} would refuse: what is signed once can't be unsaid
 */
export function signDeviceList(sign: Sign, counter: number, devices: readonly ListedDevice[]): DeviceList {
  const addresses = devices.map(({ address }) => address);
  const list = { counter, devices, signature: sign(devicesStatement(counter, addresses)) };
  if (!verifyDeviceList(list))
    throw new RangeError("devices: a list that the first device may sign expected");
  return list;
}

/**
 * Whether the list is its first device's own, and every further device agreed. Strict
 * (device-signature.ts), so that no signature fits two lists. Costs a signature a device, and as much again for one
 * that was not met before: 2 to 4 ms each.
 */
export function verifyDeviceList({ counter, devices, signature }: DeviceList): boolean {
  const [first, ...further] = devices;
  if (first === undefined || first.countersignature !== undefined || devices.length > MAX_DEVICES)
    return false;
  if (!Number.isInteger(counter) || counter < 1 || counter > MAX_COUNTER) return false;
  // By key, not by text: one key under two jurisdictions would be one device twice.
  const keys = new Set(devices.map(({ address }) => address.publicKey.join()));
  if (keys.size !== devices.length) return false;
  const addresses = devices.map(({ address }) => address);
  return (
    verifyDeviceSignature(first.address, devicesStatement(counter, addresses), signature) &&
    further.every(
      ({ address, countersignature }) =>
        countersignature !== undefined && verifyLink(first.address, address, countersignature),
    )
  );
}

/** Whether `list` takes the place of `known`: the same person's, with a higher counter. Verifies nothing. */
export function isNewer(list: DeviceList, known: DeviceList | undefined): boolean {
  if (known === undefined) return true;
  return list.devices[0]?.address.text === known.devices[0]?.address.text && list.counter > known.counter;
}

/** @throws RangeError when a field is outside the form above. */
export function encodeDeviceList({ counter, devices, signature }: DeviceList): Uint8Array {
  const bytes = concatBytes(
    encodeShort(counter),
    Uint8Array.of(devices.length),
    ...devices.flatMap((device, i) => {
      if ((i === 0) !== (device.countersignature === undefined))
        throw new RangeError("devices: countersigned by all but the first expected");
      return [
        Uint8Array.of(device.address.text.length),
        utf8ToBytes(device.address.text),
        device.countersignature ?? new Uint8Array(SIGNATURE_SIZE),
        encodeReach(device),
      ];
    }),
    signature,
  );
  if (decodeDeviceList(bytes) === undefined) throw new RangeError("list: a field is outside its form");
  return bytes;
}

/** @returns undefined for anything but the one form above; does not verify. */
export function decodeDeviceList(bytes: Uint8Array): DeviceList | undefined {
  const cursor = new Cursor(bytes);
  const counter = cursor.short();
  const count = cursor.octet();
  if (counter < 1 || count < 1 || count > MAX_DEVICES) return undefined;
  const devices: ListedDevice[] = [];
  for (let i = 0; i < count; i++) {
    const address = parseAddress(cursor.ascii(cursor.octet()));
    const countersignature = cursor.octets(SIGNATURE_SIZE);
    const reach = decodeReach(cursor);
    if (!cursor.sound || address === undefined || reach === undefined) return undefined;
    if (i === 0 && countersignature.some((octet) => octet !== 0)) return undefined;
    devices.push({ address, ...(i === 0 ? {} : { countersignature }), ...reach });
  }
  const signature = cursor.octets(SIGNATURE_SIZE);
  return cursor.sound && cursor.left === 0 ? { counter, devices, signature } : undefined;
}
