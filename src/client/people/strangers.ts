/**
 * Strangers who wrote (acquaintance.ts), by device, who wrote last at the end: vault entry `device/strangers`, JSON.
 * What the vault holds of them is bounded here: addresses cost nothing, so a crowd of them must not fill it.
 */
import { dropUntold } from "../blocking/telling-token.ts";
import { forgetPeer } from "../channel/sweeping.ts";
import { dropContact } from "../contacts.ts";
import { forgetIntroductions, reachInDefinitions } from "../conversations/known.ts";
import { dropErrandsTo } from "../errands.ts";
import { forgetAnnounced } from "../forwarding.ts";
import { dropQueued } from "../queue.ts";
import { getJson, putJson } from "../vault/json-entry.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { isAcquainted } from "./acquaintance.ts";
import { devicesOf, dropDeviceList, personOf } from "./persons.ts";
import { dropToldReach, putToldReach } from "./told-reach.ts";

const STRANGERS = "device/strangers";

/**
 * Strangers' devices that are remembered: more people than anybody leaves unanswered, and with a channel each 2 MiB.
 * Who has been silent the longest goes first. To refuse the newest instead would let a crowd that came once keep every
 * new acquaintance out for as long as channels last.
 */
export const MAX_STRANGERS = 100;

/**
 * Channels that one stranger may have open here: as many as an honest one needs who writes for eight days on end
 * without an answer. Each costs 15 KiB of tags, so that all strangers can't take more than 14 MiB.
 */
export const MAX_STRANGER_CHANNELS = 9;

export function isRemembered(reader: VaultReader, device: string): boolean {
  return listStrangers(reader).includes(device);
}

/** A device wrote for the first time, or anew: if it is a stranger's, who was silent the longest may have to go. */
export function noteHeardFrom(draft: VaultDraft, own: string, device: string): void {
  const before = listStrangers(draft);
  const strangers = before.filter((other) => other !== device);
  if (!isAcquainted(draft, own, device)) strangers.push(device);
  if (strangers.length === before.length && strangers.at(-1) === before.at(-1)) return;
  const full = strangers.length > MAX_STRANGERS;
  const left = full ? strangers.filter((other) => !isAcquainted(draft, own, other)) : strangers;
  const gone = left.slice(0, Math.max(0, left.length - MAX_STRANGERS));
  putJson(draft, STRANGERS, left.slice(gone.length));
  for (const stranger of gone) forget(draft, stranger);
}

function listStrangers(reader: VaultReader): string[] {
  return getJson<string[]>(reader, STRANGERS) ?? [];
}

/** Texts that came stay, for the app to hand over. The next founding makes the device known anew. */
function forget(draft: VaultDraft, device: string): void {
  const person = personOf(draft, device);
  const devices = devicesOf(draft, person);
  forgetPeer(draft, device);
  dropUntold(draft, device);
  dropErrandsTo(draft, device);
  dropQueued(draft, ({ to }) => to === device, { state: "undecided" });
  forgetAnnounced(draft, device);
  forgetIntroductions(draft, device);
  const isLast = !devices.some((other) => isRemembered(draft, other));
  if (isLast) dropDeviceList(draft, person);
  for (const name of isLast ? [device, person, ...devices] : [device]) {
    dropContact(draft, name);
    const reach = reachInDefinitions(draft, name);
    if (reach === undefined) dropToldReach(draft, name);
    else putToldReach(draft, name, reach);
  }
}
