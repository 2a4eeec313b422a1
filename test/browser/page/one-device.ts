/** The whole SDK in a tab, with one device on the tab's vault. */
import { Device } from "../../../src/client/index.ts";
import { open } from "./one-vault.ts";

export { checkpoint, closeVault, openVault } from "./one-vault.ts";

/** @returns the device's address */
export async function createDevice(): Promise<string> {
  const device = await Device.create({ relay: "https://relay.example", vault: open() });
  return device.address;
}

/** @returns the device's address */
export async function openDevice(): Promise<string> {
  const device = await Device.open({ vault: open() });
  return device.address;
}
