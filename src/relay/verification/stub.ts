/** The one place that finds a number's one-time-code object, and holds it to the device's jurisdiction. */
import { proxyDurable } from "itty-durable/proxy-durable.js";
import type { Address } from "../../protocol/address.ts";
import { isAvailable } from "../consent/jurisdictions.ts";
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
  if (!isAvailable(env, jurisdiction)) return undefined;
  try {
    const namespace =
      jurisdiction === ""
        ? env.ONE_TIME_CODE
        : env.ONE_TIME_CODE.jurisdiction(jurisdiction as DurableObjectJurisdiction);
    return proxyDurable(namespace, { parse: true }).get(name) as OneTimeCodeCalls;
  } catch {
    return undefined;
  }
}
