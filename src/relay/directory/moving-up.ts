/**
 * A newer key of the directory: a device that is listed under an older one sends its number again, and is listed
 * under the newer too, without a new code. The relay keeps no number and could not do it by itself; it believes the
 * device because the number's tag under the older key leads to the device's own route.
 */
import { directoryKeys } from "./keys.ts";
import { ownRoutes, writeRoute } from "./route-store.ts";
import { routePlaces, sealedEntry } from "./sealing.ts";
import type { Holder } from "./settlement.ts";

/** @returns false when no live route of this device is for this number */
export async function moveUp(env: Env, { consentId, address }: Holder, number: string): Promise<boolean> {
  const routes = await ownRoutes(env.RECORDS, consentId);
  if (routes.length === 0) return false;
  const places = routePlaces(directoryKeys(env), number);
  const proof = routes.find(({ keyVersion, routeId }) =>
    places.some((place) => place.keyVersion === keyVersion && place.routeId === routeId),
  );
  if (proof === undefined) return false;
  const { verifiedAt, listedAt } = proof;
  await env.RECORDS.batch(
    places.map((place) => {
      const { keyVersion, routeId } = place;
      const entry = sealedEntry(place, address, verifiedAt);
      return writeRoute(env.RECORDS, { keyVersion, routeId, consentId, entry, verifiedAt, listedAt });
    }),
  );
  return true;
}
