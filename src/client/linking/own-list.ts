/** The list of the owner's devices, as their first device makes it and tells of it. */
import { listChannelPeers } from "../channel/sweeping.ts";
import { currentConsent } from "../consent-record.ts";
import { announceList, noteJoined } from "../forwarding.ts";
import type { Identity } from "../identity.ts";
import type { News } from "../news.ts";
import { acceptList } from "../people/accepting.ts";
import { type DeviceList, type ListedDevice, signDeviceList } from "../people/device-list.ts";
import { getDeviceList, personOf, siblingsOf } from "../people/persons.ts";
import { getToldReach } from "../people/told-reach.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { ownStateOf, shareWithSiblings } from "./sharing.ts";

/** Whether this device is alone or a person's first: only then may it change the list. */
export function isFirst(reader: VaultReader, own: string): boolean {
  return personOf(reader, own) === own;
}

/** The devices of the list, with what they said since of how to reach them; this device alone when there is none. */
export function listedNow(reader: VaultReader, { address, relay }: Identity): ListedDevice[] {
  const token = currentConsent(reader)?.deliveryToken ?? "";
  const known = getDeviceList(reader, address.text)?.devices.slice(1) ?? [];
  return [
    { address, token, relay },
    ...known.map((device) => ({ ...device, ...getToldReach(reader, device.address.text) })),
  ];
}

/** Signs a new list of these devices, takes it in, and tells everybody whom this device has a channel with. */
export function publishList(
  draft: VaultDraft,
  identity: Identity,
  devices: readonly ListedDevice[],
  now: number,
): News[] {
  const own = identity.address.text;
  const before = getDeviceList(draft, own);
  const list = signDeviceList(identity.sign, (before?.counter ?? 0) + 1, devices);
  const news = acceptList(draft, identity.address, list);
  const known = before?.devices.map(({ address }) => address.text) ?? [own];
  const siblings = siblingsOf(draft, own);
  for (const device of siblings) if (!known.includes(device)) noteJoined(draft, device, list.counter);
  shareWithSiblings(draft, identity, ownStateOf(draft, identity), now);
  for (const peer of listChannelPeers(draft))
    if (peer !== own && !siblings.includes(peer)) announceList(draft, identity, peer, list.counter, now);
  return news;
}

/** A delivery token of the owner's devices changed: a list with the new one takes the place of the old. */
export function refreshList(draft: VaultDraft, identity: Identity, now: number): News[] {
  const list = getDeviceList(draft, identity.address.text);
  if (list === undefined || currentConsent(draft) === undefined) return [];
  const devices = listedNow(draft, identity);
  return isSameReach(list, devices) ? [] : publishList(draft, identity, devices, now);
}

function isSameReach(list: DeviceList, devices: readonly ListedDevice[]): boolean {
  return list.devices.every(
    ({ token, relay }, i) => devices[i]?.token === token && devices[i]?.relay === relay,
  );
}
