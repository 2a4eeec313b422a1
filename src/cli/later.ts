import type { Device } from "../client/device.ts";
import { isRelayError } from "../client/relay-problem.ts";

/**
 * Before the process ends: waits the seconds that receipts and copies for the owner's other devices leave later on
 * purpose. What can't be sent then goes with the next command that connects.
 */
export async function sendLater(device: Device): Promise<void> {
  const { delivered, read } = device.receipts();
  const owes = delivered || read || device.ownDevices.list().length > 1;
  if (!owes || device.consented() === undefined) return;
  try {
    await device.flush();
  } catch (error) {
    if (!isRelayError(error)) throw error;
  }
}
