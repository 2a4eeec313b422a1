/** Devices with keys of their own, and the lists that they sign. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { type DeviceList, linkStatement, signDeviceList } from "../../../src/client/people/device-list.ts";
import { type Address, formatAddress, parseAddress } from "../../../src/protocol/address.ts";
import { formatDeliveryToken } from "../../../src/protocol/delivery-token.ts";

export interface SigningDevice {
  readonly address: Address;
  readonly sign: (data: Uint8Array) => Uint8Array;
}

export function signingDevice(jurisdiction = ""): SigningDevice {
  const { secretKey, publicKey } = ed25519.keygen();
  return {
    address: addressOf(formatAddress(publicKey, jurisdiction)),
    sign: (data) => ed25519.sign(data, secretKey),
  };
}

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error("no address");
  return address;
}

/** Each device is reached with another token. */
export function reach(n = 0): { token: string; relay: string } {
  const token = formatDeliveryToken({
    rootVersion: 1,
    epoch: new Uint8Array(16).fill(n),
    mac: new Uint8Array(32),
  });
  return { token, relay: `https://relay-${n}.example` };
}

export function countersign(first: SigningDevice, further: SigningDevice): Uint8Array {
  return further.sign(linkStatement(first.address, further.address));
}

export function listOf(counter: number, first: SigningDevice, ...further: SigningDevice[]): DeviceList {
  return signDeviceList(first.sign, counter, [
    { address: first.address, ...reach() },
    ...further.map((device, i) => ({
      address: device.address,
      countersignature: countersign(first, device),
      ...reach(i + 1),
    })),
  ]);
}
