/** "People and their devices": the list itself. Who accepts which is in people.ts. */
import { sameKey, sign, verifies } from "./address.ts";
import type { Reach } from "./content.ts";
import { ascii, decoded, integer, join, malformed, named, octet, same, short } from "./octets.ts";
import { readAddress, readReach } from "./reading-content.ts";
import { statement } from "./statement.ts";
import { writeReach } from "./writing-content.ts";

const MOST_DEVICES = 8;
const NO_COUNTERSIGNATURE = new Uint8Array(64);

export interface ListedDevice {
  readonly address: string;
  /** Zeros for the first. */
  readonly countersignature: Uint8Array;
  readonly reach: Reach;
}

export interface DeviceList {
  readonly counter: number;
  /** The first at the front. */
  readonly devices: readonly ListedDevice[];
  readonly signature: Uint8Array;
}

export function firstOf({ devices }: Pick<DeviceList, "devices">): string {
  return devices[0]?.address ?? malformed();
}

export function listStatement({ counter, devices }: Omit<DeviceList, "signature">): Uint8Array {
  return statement("devices", integer(counter), ...devices.map(({ address }) => ascii(address)));
}

export function linkStatement(first: string, own: string): Uint8Array {
  return statement("link", ascii(first), ascii(own));
}

export function countersign(seed: Uint8Array, first: string, own: string): Uint8Array {
  return sign(seed, linkStatement(first, own));
}

/** What the first device does; `further` are already countersigned. */
export function makeList(
  first: { seed: Uint8Array; address: string; reach: Reach },
  counter: number,
  further: readonly ListedDevice[],
): DeviceList {
  const own = { address: first.address, countersignature: NO_COUNTERSIGNATURE, reach: first.reach };
  const list = { counter, devices: [own, ...further] };
  return { ...list, signature: sign(first.seed, listStatement(list)) };
}

export function writeList({ counter, devices, signature }: DeviceList): Uint8Array {
  return join(
    short(counter),
    octet(devices.length),
    ...devices.flatMap(({ address, countersignature, reach }) => [
      named(address),
      countersignature,
      writeReach(reach),
    ]),
    signature,
  );
}

/** A list of the one exact form; nothing is verified. */
export function readList(octets: Uint8Array): DeviceList | undefined {
  return decoded(octets, (from) => {
    const counter = from.short() || malformed();
    const count = from.octet();
    if (count < 1 || count > MOST_DEVICES) malformed();
    const devices = Array.from({ length: count }, () => ({
      address: readAddress(from),
      countersignature: from.take(64),
      reach: readReach(from),
    }));
    return { counter, devices, signature: from.take(64) };
  });
}

/** Whether every signature is good, and no key is in it twice. */
export function isGood(list: DeviceList): boolean {
  const first = firstOf(list);
  return (
    verifies(first, listStatement(list), list.signature) &&
    list.devices.every(({ address, countersignature }, i) =>
      i === 0
        ? same(countersignature, NO_COUNTERSIGNATURE)
        : verifies(address, linkStatement(first, address), countersignature),
    ) &&
    list.devices.every(({ address }, i) =>
      list.devices.every((other, j) => i === j || !sameKey(address, other.address)),
    )
  );
}
