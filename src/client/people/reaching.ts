/**
 * Where and with what a device can be written to. The newest word counts: the device's own, the card its owner
 * gave, the list of its person; an introduction while nobody has said anything.
 */
import { getContact } from "../contacts.ts";
import { getIntroduction } from "../numbers/introductions.ts";
import type { VaultReader } from "../vault/vault.ts";
import { getDeviceList, personOf } from "./persons.ts";
import type { Reach } from "./reach.ts";
import { getToldReach } from "./told-reach.ts";

export function reachOf(reader: VaultReader, device: string): Reach | undefined {
  const told = getToldReach(reader, device);
  if (told !== undefined) return told;
  const contact = getContact(reader, device);
  if (contact !== undefined && contact.deliveryToken !== "")
    return { token: contact.deliveryToken, relay: contact.relay };
  const listed = getDeviceList(reader, personOf(reader, device))?.devices;
  const found = listed?.find(({ address }) => address.text === device);
  if (found !== undefined) return { token: found.token, relay: found.relay };
  const introduction = getIntroduction(reader, device);
  return introduction && { token: introduction.token, relay: introduction.relay };
}
