/** People with several devices. */
import type { Device } from "../../src/client/device.ts";
import { readAll } from "./person.ts";

/** All read and answer until nothing more is on its way between them. */
export async function settle(...devices: Device[]): Promise<Map<Device, string[]>> {
  const texts = new Map<Device, string[]>(devices.map((device) => [device, []]));
  for (let round = 0; round < 4; round++)
    for (const device of devices) {
      for (const text of await readAll(device)) texts.get(device)?.push(text.text);
      await device.flush();
    }
  return texts;
}

export async function link(first: Device, ...others: Device[]): Promise<void> {
  for (const other of others) {
    await first.ownDevices.approveLink(await other.ownDevices.linkCode());
    await settle(other, first);
  }
}
