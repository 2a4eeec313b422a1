/**
 * Lists a device under its number. Read, decide (decision.ts), write, and read again: what is written is conditional
 * on what was read, so that of two who come at once each is told what then is.
 *
 * While one key follows another a device is listed under each, so that whoever looks up under either finds the same.
 */
import { parseAddress } from "../../protocol/address.ts";
import type { ProblemCode } from "../../protocol/problem-codes.ts";
import { mailboxOf } from "../mailbox/stub.ts";
import type { NumberProof } from "../numbers/proof.ts";
import { decide, effectiveAt } from "./decision.ts";
import { directoryKeys } from "./keys.ts";
import { type OwnRoute, ownRoute } from "./own-route.ts";
import { cancelClaims, type Held, heldAt, leaveOthers, writeClaim, writeRoute } from "./route-store.ts";
import { type RoutePlace, routePlaces, sealedEntry } from "./sealing.ts";
import { type Holder, settle } from "./settlement.ts";

/** Others can be faster a few times at most. */
const ATTEMPTS = 3;

export type Listing =
  | { readonly outcome: "listed"; readonly route: Extract<OwnRoute, { since: number }> }
  | { readonly outcome: "refused"; readonly code: ProblemCode };

/** @param now ms since 1970 */
export async function listNumber(
  env: Env,
  device: Holder,
  { number, verifiedAt }: NumberProof,
  now: number,
): Promise<Listing> {
  const keys = directoryKeys(env);
  const places = routePlaces(keys, number.text);
  const own = { consentId: device.consentId, verifiedAt };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { holder, claim } = await settledAt(env, places, now);
    const decision = decide(own, holder, claim);
    if (decision === "superseded") return { outcome: "refused", code: "proof-superseded" };
    if (decision === "list") await list(env, device, places, { verifiedAt, now });
    if (decision === "claim" && holder !== undefined) {
      // A claim that is renewed does not begin to wait again.
      const since = claim?.consentId === device.consentId ? claim : undefined;
      if (!(await claimRoute(env, device, places, { verifiedAt, now, holder, since })))
        return { outcome: "refused", code: "unavailable" };
    }
    const route = await ownRoute(
      env.RECORDS,
      device.consentId,
      keys.map(({ version }) => version),
    );
    if ("since" in route) return { outcome: "listed", route };
  }
  // Its purpose ended meanwhile, or others are faster each time.
  return { outcome: "refused", code: "unavailable" };
}

/** Who has the number, after all that is due there has been settled. */
async function settledAt(
  env: Env,
  places: readonly RoutePlace[],
  now: number,
): Promise<{ holder: Held | undefined; claim: Held | undefined }> {
  const held = await heldAt(env.RECORDS, places);
  const due = held.some(({ effectiveAt: at }) => at !== null && at <= now);
  const found = newestOf(held);
  if (!due || found.holder === undefined || !(await settle(env, found.holder, now))) return found;
  return newestOf(await heldAt(env.RECORDS, places));
}

function newestOf(held: readonly Held[]): { holder: Held | undefined; claim: Held | undefined } {
  const [holder] = newestFirst(held.filter(({ effectiveAt: at }) => at === null));
  const [claim] = newestFirst(held.filter(({ effectiveAt: at }) => at !== null));
  return { holder, claim };
}

async function list(
  env: Env,
  device: Holder,
  places: readonly RoutePlace[],
  { verifiedAt, now }: { verifiedAt: number; now: number },
): Promise<void> {
  const { consentId, address } = device;
  const rows = places.map((place) => ({
    ...{ keyVersion: place.keyVersion, routeId: place.routeId, consentId, verifiedAt, listedAt: now },
    entry: sealedEntry(place, address, verifiedAt),
  }));
  const results = await env.RECORDS.batch([
    ...leaveOthers(env.RECORDS, consentId, places),
    cancelClaims(env.RECORDS, consentId, verifiedAt),
    ...rows.map((row) => writeRoute(env.RECORDS, row)),
  ]);
  const cancelled = (results[2]?.meta.changes ?? 0) > 0;
  if (cancelled) await noteClaim(env, device, null);
}

/** @returns false when the holder's mailbox does not answer: nobody loses a route without having been told */
async function claimRoute(
  env: Env,
  device: Holder,
  places: readonly RoutePlace[],
  claim: { verifiedAt: number; now: number; holder: Held; since: Held | undefined },
): Promise<boolean> {
  const { verifiedAt, now, holder, since } = claim;
  const seen = await mailboxCalls(env, holder)?.lastSeen(holder.consentId);
  if (seen?.outcome === "unavailable") return false;
  const at = since?.effectiveAt ?? effectiveAt(seen?.outcome === "seen" ? seen.day : undefined, now);
  if (!(await noteClaim(env, holder, at))) return false;
  const { consentId, address } = device;
  await env.RECORDS.batch([
    ...leaveOthers(env.RECORDS, consentId, places),
    // The holder may not have come by yet under the newest key: a claim needs a route to stand on.
    ...places.map(({ keyVersion, routeId, keys }) =>
      writeRoute(env.RECORDS, {
        ...{ keyVersion, routeId, consentId: holder.consentId },
        entry: sealedEntry({ keyVersion, routeId, keys }, holder.address, holder.verifiedAt),
        verifiedAt: holder.verifiedAt,
        listedAt: holder.listedAt,
      }),
    ),
    ...places.map((place) =>
      writeClaim(
        env.RECORDS,
        {
          ...{ keyVersion: place.keyVersion, routeId: place.routeId, consentId, verifiedAt },
          entry: sealedEntry(place, address, verifiedAt),
          listedAt: since?.listedAt ?? now,
          effectiveAt: at,
        },
        holder.consentId,
      ),
    ),
  ]);
  if (at <= now) await settle(env, holder, now);
  return true;
}

/** Tells a device that its route is claimed, or is not any more. */
export async function noteClaim(env: Env, holder: Holder, at: number | null): Promise<boolean> {
  const noted = await mailboxCalls(env, holder)?.noteRouteClaim(holder.consentId, at);
  return noted?.outcome !== "unavailable";
}

function mailboxCalls(env: Env, { address }: Holder) {
  const parsed = parseAddress(address);
  return parsed && mailboxOf(env, parsed);
}

function newestFirst(held: readonly Held[]): Held[] {
  return held.toSorted((a, b) => b.verifiedAt - a.verifiedAt);
}
