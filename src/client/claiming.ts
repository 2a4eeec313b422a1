/** Claims of keys to found channels on: one each, of devices that gave none inside a channel. */
import { type OneTimeKey, oneTimeKeyFromJson } from "../protocol/one-time-key.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import type { Reach } from "./people/reach.ts";
import { RelayProtocolError } from "./relay-problem.ts";
import { callBearer, type Platform } from "./transport.ts";

/** At once: a conversation of 32 people must not open hundreds of connections. */
const CLAIMS_AT_ONCE = 8;

/** What came of the claims, by device. */
export interface Claims {
  readonly keys: Map<string, OneTimeKey>;
  readonly failures: Map<string, unknown>;
}

/** Claims a key for each device. One that has one already was refused it: the relay lies, or the device is gone. */
export async function claimKeys(
  platform: Platform,
  devices: ReadonlyMap<string, Reach>,
  { keys, failures }: Claims,
): Promise<void> {
  const waiting = [...devices];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [device, reach] = next;
      if (keys.delete(device))
        failures.set(
          device,
          new RelayProtocolError("The relay served a key that is not the recipient's own."),
        );
      else
        await claimKey(platform, device, reach).then(
          (key) => keys.set(device, key),
          (error) => failures.set(device, error),
        );
    }
  };
  await Promise.all(Array.from({ length: CLAIMS_AT_ONCE }, work));
}

async function claimKey(platform: Platform, device: string, reach: Reach): Promise<OneTimeKey> {
  const path = pathOf(ROUTES.keyClaims, { address: device });
  const json = await callBearer<unknown>(platform, reach.relay, reach.token, { method: "POST", path });
  const key = oneTimeKeyFromJson(json);
  if (key === undefined) throw new RelayProtocolError("The relay's answer holds no key.");
  return key;
}
