import {
  type DeliveryToken,
  deliveryTokenBase,
  formatDeliveryToken,
  parseDeliveryToken,
} from "../../protocol/delivery-token.ts";
import { currentSecret, liveSecrets } from "./derived.ts";
import { hmac, verifyHmac } from "./hmac.ts";

const LABEL = "delivery-token";

/** The delivery token of a mailbox's epoch: the same bytes each time, until the secret is rotated. */
export async function mintDeliveryToken(env: Env, address: string, epoch: Uint8Array): Promise<string> {
  const secret = currentSecret(env, LABEL);
  const mac = await hmac(secret, deliveryTokenBase(address, epoch));
  return formatDeliveryToken({ rootVersion: secret.rootVersion, epoch, mac });
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
  const base = deliveryTokenBase(address, token.epoch);
  for (const secret of liveSecrets(env, LABEL, token.rootVersion))
    if (await verifyHmac(secret, token.mac, base)) return token;
  return undefined;
}
