/**
 * Whom the owner has to do with by their own will: whose card they added, whom they found by number, whose safety
 * number they compared, and whom they wrote to, on whichever of their devices. Everybody else is a stranger, however often they write. Vault entry `written/<person>`: nothing.
 *
 * What a device sends by itself shows its internet address to the relay it goes to. To a stranger's relay it sends
 * nothing before the owner does.
 */
import { closeOutgoing } from "../channel/outgoing.ts";
import { type Contact, getContact, isUnverified } from "../contacts.ts";
import { dropErrandsTo } from "../errands.ts";
import type { Identity } from "../identity.ts";
import { dropQueued } from "../queue.ts";
import type { VaultDraft, VaultReader } from "../vault/vault.ts";
import { devicesOf, personOf } from "./persons.ts";
import type { Reach } from "./reach.ts";
import { reachOf } from "./reaching.ts";

const WRITTEN = "written/";

type Own = Pick<Identity, "address" | "relay">;

/** The owner wrote to this person. */
export function noteWritten(draft: VaultDraft, person: string): void {
  if (draft.get(WRITTEN + person) === undefined) draft.put(WRITTEN + person, new Uint8Array());
}

/** Whether a device is one of the owner's, or of somebody the owner added or wrote to. */
export function isAcquainted(reader: VaultReader, own: string, device: string): boolean {
  const person = personOf(reader, device);
  if (person === personOf(reader, own)) return true;
  return [...devicesOf(reader, person), device].some(
    (name) => reader.get(WRITTEN + name) !== undefined || isOwnersChoice(getContact(reader, name)),
  );
}

function isOwnersChoice(contact: Contact | undefined): boolean {
  return contact !== undefined && !isUnverified(contact);
}

/** Whether this device may send something there that the owner did not ask for. The own relay knows it already. */
export function mayTell(reader: VaultReader, { address, relay }: Own, device: string): boolean {
  return reachOf(reader, device)?.relay === relay || isAcquainted(reader, address.text, device);
}

/** Runs `learn`, which may say that `device` is to be reached elsewhere: what waits for a stranger does not follow. */
export function learningReach<T>(draft: VaultDraft, own: Own, devices: readonly string[], learn: () => T): T {
  const before = new Map(
    devices.map((device): [string, Reach | undefined] => [device, reachOf(draft, device)]),
  );
  const result = learn();
  for (const device of devices) {
    if (before.get(device)?.relay !== own.relay || mayTell(draft, own, device)) continue;
    // The founding may be among what is dropped: what is sealed after it would open nowhere.
    closeOutgoing(draft, device);
    dropErrandsTo(draft, device);
    dropQueued(draft, ({ to }) => to === device, { state: "undecided" });
  }
  return result;
}
