/** The one place that finds a number's one-time-code object, and holds it to the device's jurisdiction. */
import { proxyDurable } from "itty-durable/proxy-durable.js";
import type { Address } from "../../protocol/address.ts";
import { objectsIn } from "../consent/jurisdictions.ts";
import type { OneTimeCodeCalls } from "./one-time-code.ts";

/**
 * @param name see code.ts; known beforehand, for what itty-durable returns takes every method for one of the object's,
 *   `then` among them, and must never be what a promise resolves to
 * @returns undefined when the relay, or the platform under it, cannot hold the object in the address's jurisdiction:
 *   it is then held nowhere
 */
export function oneTimeCodeOf(
  env: Env,
  { jurisdiction }: Address,
  name: string,
): OneTimeCodeCalls | undefined {
  const objects = objectsIn(env, env.ONE_TIME_CODE, jurisdiction);
  return objects && (proxyDurable(objects, { parse: true }).get(name) as OneTimeCodeCalls);
}
