/** Taking in what is said about a person's devices. */
import type { Address } from "../../protocol/address.ts";
import { foreignRelay } from "../card.ts";
import { closeOutgoing } from "../channel/outgoing.ts";
import { dropContact, moveContact, takeVerified } from "../contacts.ts";
import { dropErrandsTo } from "../errands.ts";
import type { Identity } from "../identity.ts";
import { endJoining, isJoining } from "../linking/pending.ts";
import type { News } from "../news.ts";
import { dropQueued } from "../queue.ts";
import { markUndecided, markUnlinked, UNKNOWABLE } from "../undecided.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { type DeviceList, isNewer } from "./device-list.ts";
import { devicesOf, dropDeviceList, getDeviceList, personOf, putDeviceList } from "./persons.ts";
import { dropToldReach } from "./told-reach.ts";

/**
 * Whether a list, verified, may take the place of what is known: told by one of its own devices, with a higher
 * counter, and claiming no device that belongs to another person, this one least of all.
 */
export function isAcceptable(
  reader: VaultReader,
  { address, relay }: Pick<Identity, "address" | "relay">,
  from: string,
  list: DeviceList,
  now: number,
): boolean {
  const own = address.text;
  if (list.devices.some((device) => foreignRelay(device.relay, relay) !== device.relay)) return false;
  const addresses = list.devices.map((device) => device.address.text);
  const [person = ""] = addresses;
  if (!addresses.includes(from) || !isNewer(list, getDeviceList(reader, person))) return false;
  if (addresses.includes(own) && personOf(reader, own) !== person && !isJoining(reader, person, now))
    return false;
  return addresses.every(
    (device) =>
      personOf(reader, device) === person ||
      (personOf(reader, device) === device && getDeviceList(reader, device) === undefined),
  );
}

/**
 * Stores a list that {@link isAcceptable}. Channels to the person's devices are founded anew with the next text:
 * what a lost device knew must not read on.
 *
 * @returns what the app should know
 */
export function acceptList(draft: VaultDraft, own: Address, list: DeviceList): News[] {
  const addresses = list.devices.map(({ address }) => address.text);
  const [person = ""] = addresses;
  const before = devicesOf(draft, person);
  const wasOwn = personOf(draft, own.text) === person && person !== own.text;
  const isOwn = addresses.includes(own.text);
  const removed = before.filter((device) => !addresses.includes(device));
  const added = addresses.filter((device) => !before.includes(device));

  putDeviceList(draft, list);
  for (const device of [...addresses, ...removed]) {
    dropToldReach(draft, device);
    if (device !== own.text) closeOutgoing(draft, device);
  }
  const undecided: string[] = [];
  for (const device of removed) {
    dropQueued(draft, ({ to }) => to === device, UNKNOWABLE);
    // It may have heard of it first, and is then nobody to whom this was written.
    undecided.push(...markUndecided(draft, device));
    dropErrandsTo(draft, device);
  }
  // One's own devices are no contacts, though one of them may have been before.
  if (isOwn) for (const device of addresses) dropContact(draft, device);
  if (isOwn && !wasOwn && person !== own.text) {
    endJoining(draft);
    return [{ kind: "linked", person }, ...newsOf(undecided)];
  }
  if (wasOwn && !isOwn) {
    dropDeviceList(draft, person);
    return [{ kind: "unlinked", person }, ...newsOf([...undecided, ...markUnlinked(draft)])];
  }
  if (added.length + removed.length === 0) return [];
  // Whichever of the devices stood for the person until now.
  const verified = [person, ...added].filter((device) => takeVerified(draft, device)).length > 0;
  for (const device of added) moveContact(draft, device, person);
  return [{ kind: "devices-changed", person, added, removed, verified }, ...newsOf(undecided)];
}

function newsOf(ids: readonly string[]): News[] {
  return ids.length === 0 ? [] : [{ kind: "undecided", ids: [...new Set(ids)] }];
}
