import { Device } from "../../src/client/device.ts";
import type { IncomingText } from "../../src/client/inbox.ts";
import type { Platform } from "../../src/client/transport.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import type { Vault } from "../../src/client/vault/vault.ts";

/** Somebody with the SDK who read the notice and agreed to messaging. */
export async function person(
  origin: string,
  options: { vault?: Vault; platform?: Partial<Platform> } = {},
): Promise<Device> {
  const device = await Device.create({
    relay: origin,
    vault: options.vault ?? new MemoryVault(),
    ...(options.platform ? { platform: options.platform } : {}),
  });
  await device.consent({ notice: await device.notice(), purposes: ["messaging"], method: "test" });
  return device;
}

/** Two people who have each other's cards. */
export async function pair(origin: string): Promise<[Device, Device]> {
  const [ann, bo] = await Promise.all([person(origin), person(origin)]);
  await ann.add(bo.card(), "Bo");
  await bo.add(ann.card(), "Ann");
  return [ann, bo];
}

/** All texts that wait for a device, each done with. */
export async function readAll(device: Device): Promise<IncomingText[]> {
  const texts: IncomingText[] = [];
  for await (const text of device.inbox({ once: true })) texts.push(text);
  return texts;
}
