/**
 * Who is who. A person is named by the address of their first device; a device in no list is its own person.
 * Vault entries:
 *
 * - `person/<person>`: their device list, encoded (device-list.ts)
 * - `member/<device>`: the person it belongs to
 * - `told/<device>`: the counter of our own list that this device is known to have, JSON
 */
import { bytesToUtf8, utf8ToBytes } from "@noble/ciphers/utils.js";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { type DeviceList, decodeDeviceList, encodeDeviceList } from "./device-list.ts";

const PERSON = "person/";
const MEMBER = "member/";
const TOLD = "told/";

/** The person that a device belongs to, as far as is known here. */
export function personOf(reader: VaultReader, device: string): string {
  const person = reader.get(MEMBER + device);
  return person === undefined ? device : bytesToUtf8(person);
}

export function getDeviceList(reader: VaultReader, person: string): DeviceList | undefined {
  const bytes = reader.get(PERSON + person);
  return bytes && decodeDeviceList(bytes);
}

/** Everybody whose list is known. */
export function listPersons(reader: VaultReader): string[] {
  return reader.list(PERSON).map(([name]) => name.slice(PERSON.length));
}

/** The counter of the list that is known of a person; 0 for none. */
export function knownCounter(reader: VaultReader, person: string): number {
  return getDeviceList(reader, person)?.counter ?? 0;
}

/** A person's devices, their first at the front. */
export function devicesOf(reader: VaultReader, person: string): string[] {
  return getDeviceList(reader, person)?.devices.map(({ address }) => address.text) ?? [person];
}

/** The other devices of the one whose own this is. */
export function siblingsOf(reader: VaultReader, own: string): string[] {
  return devicesOf(reader, personOf(reader, own)).filter((device) => device !== own);
}

/** Stores a list that was found good. Devices that are no longer in it are nobody's but their own. */
export function putDeviceList(draft: VaultDraft, list: DeviceList): void {
  const addresses = list.devices.map(({ address }) => address.text);
  const [person = ""] = addresses;
  for (const device of devicesOf(draft, person)) draft.delete(MEMBER + device);
  draft.put(PERSON + person, encodeDeviceList(list));
  for (const device of addresses) draft.put(MEMBER + device, utf8ToBytes(person));
}

/** Forgets a person's list: each of the devices is alone again. */
export function dropDeviceList(draft: VaultDraft, person: string): void {
  for (const device of devicesOf(draft, person)) draft.delete(MEMBER + device);
  draft.delete(PERSON + person);
}

/** What a device knew went with its state; with this one's own, what all of them were told. */
export function forgetTold(draft: VaultDraft, device = ""): void {
  for (const [name] of draft.list(TOLD + device)) draft.delete(name);
}

export function toldCounter(reader: VaultReader, device: string): number {
  return getJson<number>(reader, TOLD + device) ?? 0;
}

export function noteTold(draft: VaultDraft, device: string, counter: number): void {
  if (counter > toldCounter(draft, device)) putJson(draft, TOLD + device, counter);
}
