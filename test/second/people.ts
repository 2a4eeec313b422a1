/** "People and their devices": who belongs to whom, and which list is accepted. */
import { sameKey } from "./address.ts";
import { type DeviceList, firstOf } from "./device-list.ts";
import type { Memory } from "./memory.ts";

/** The person a device belongs to: itself, unless a list says otherwise. */
export function personOf(me: Memory, device: string): string {
  const list = me.lists.find(({ devices }) => devices.some(({ address }) => address === device));
  return list === undefined ? device : firstOf(list);
}

export function listOf(me: Memory, person: string): DeviceList | undefined {
  return me.lists.find((list) => firstOf(list) === person);
}

export function devicesOf(me: Memory, person: string): string[] {
  return listOf(me, person)?.devices.map(({ address }) => address) ?? [person];
}

export function siblings(me: Memory): string[] {
  return devicesOf(me, personOf(me, me.address)).filter((device) => device !== me.address);
}

/** The counter of the list that I have of the person to whom the device belongs: *known*. */
export function knownFor(me: Memory, device: string): number {
  return listOf(me, personOf(me, device))?.counter ?? 0;
}

export function ownList(me: Memory): DeviceList | undefined {
  return listOf(me, personOf(me, me.address));
}

/** A relay's origin; this device's own relay is on no machine of its own. */
function isOrigin(origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).protocol === "https:";
}

export interface Accepted {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Whether a well-signed list that came from a device takes the place of what is known. */
export function isAcceptable(me: Memory, from: string, list: DeviceList): boolean {
  const first = firstOf(list);
  const addresses = list.devices.map(({ address }) => address);
  // Somebody else's, or one that has a list of its own.
  const isAnothers = (device: string) =>
    me.lists.some(
      (other) => firstOf(other) !== first && other.devices.some(({ address }) => sameKey(address, device)),
    );
  const claimsMe = addresses.includes(me.address) && first !== me.address;
  return (
    (addresses.includes(from) || siblings(me).includes(from)) &&
    list.counter > (listOf(me, first)?.counter ?? 0) &&
    !addresses.some(isAnothers) &&
    (!claimsMe || me.belongsTo === first) &&
    list.devices.every(({ reach }) => isOrigin(reach.origin))
  );
}

export function accept(me: Memory, list: DeviceList): Accepted {
  const first = firstOf(list);
  const addresses = list.devices.map(({ address }) => address);
  const before = devicesOf(me, first);
  me.lists = [...me.lists.filter((other) => firstOf(other) !== first), list];
  for (const { address, reach } of list.devices) {
    if (address !== me.address) me.reaches.set(address, reach);
  }
  for (const device of [...before, ...addresses]) me.foundAnew.add(device);
  if (before.includes(me.address) && !addresses.includes(me.address)) {
    me.lists = me.lists.filter((other) => other !== list);
    me.belongsTo = undefined;
  }
  return {
    added: addresses.filter((device) => !before.includes(device)),
    removed: before.filter((device) => !addresses.includes(device)),
  };
}
