import {
  type DeliveryToken,
  deliveryTokenBase,
  formatDeliveryToken,
  parseDeliveryToken,
} from "../../protocol/delivery-token.ts";
import { hmac, verifyHmac } from "./hmac.ts";
import { deriveSecret } from "./root.ts";

const LABEL = "delivery-token";

/** The delivery token of a mailbox's epoch: the same bytes each time, until the root secret changes. */
export async function mintDeliveryToken(env: Env, address: string, epoch: Uint8Array): Promise<string> {
  const secret = deriveSecret(env.ROOT_SECRET, LABEL);
  const mac = await hmac(secret, deliveryTokenBase(address, epoch));
  return formatDeliveryToken({ rootVersion: secret.version, epoch, mac });
}

/**
 * Checks that this relay made the token for this address. Whether its epoch is still the mailbox's, only the
 * mailbox knows.
 *
 * @returns undefined when it did not
 */
export async function verifyDeliveryToken(
  env: Env,
  address: string,
  text: string,
): Promise<DeliveryToken | undefined> {
  const token = parseDeliveryToken(text);
  if (token === undefined) return undefined;
  const secret = deriveSecret(env.ROOT_SECRET, LABEL, token.rootVersion);
  if (secret === undefined) return undefined;
  const genuine = await verifyHmac(secret, token.mac, deliveryTokenBase(address, token.epoch));
  return genuine ? token : undefined;
}
