/** A device takes itself off the list, or gives up what it waits for. */
import { directoryKeys } from "./keys.ts";
import { noteClaim } from "./listing.ts";
import { ownRoute } from "./own-route.ts";
import { leaveOthers } from "./route-store.ts";
import { type Holder, settle } from "./settlement.ts";

/**
 * Repeatable. Whoever waits for the route has it from here on. The purpose stays: to list again takes a proof.
 *
 * @param now ms since 1970
 */
export async function unlist(env: Env, device: Holder, now: number): Promise<void> {
  const route = await standing(env, device, now);
  await env.RECORDS.batch(leaveOthers(env.RECORDS, device.consentId, []));
  if (route.state === "waiting") await noteClaim(env, route.holder, null);
  if (route.state === "listed" && route.claim !== undefined) await noteClaim(env, device, null);
}

/** How a device stands, after all that is due about it has been settled as far as it can be. */
export async function standing(env: Env, device: Holder, now: number) {
  const live = directoryKeys(env).map(({ version }) => version);
  const route = await ownRoute(env.RECORDS, device.consentId, live);
  const losing = route.state === "listed" && route.claim !== undefined && route.claim.effectiveAt <= now;
  const gaining = route.state === "waiting" && route.effectiveAt <= now;
  if (!losing && !gaining) return route;
  await settle(env, gaining ? route.holder : device, now);
  return ownRoute(env.RECORDS, device.consentId, live);
}
