/** Being found by one's number, or not. */
import { ROUTES } from "../../protocol/routes.ts";
import { callWithNonce, type Session } from "../session.ts";
import { callSigned } from "../transport.ts";
import { type RouteState, readRoute } from "./answers.ts";
import { changeOwnNumber, getOwnNumber } from "./own-number.ts";
import { requirePurpose } from "./purpose.ts";
import { VerificationError } from "./verifying.ts";

/**
 * Lists this device under its number: whoever knows the number can find it. `waiting` when another device that was
 * active lately had it: see `effectiveAt`.
 *
 * @throws NumberPurposeError, and VerificationError when the number was not verified in the last minutes
 */
export async function listNumber(session: Session): Promise<RouteState> {
  const { vault, platform } = session;
  requirePurpose(vault, "discovery");
  requirePurpose(vault, "number");
  const own = getOwnNumber(vault);
  if (own === undefined || own.proofExpires <= platform.now())
    throw new VerificationError("Verify your number first: what shows that it is yours lasts ten minutes.");
  return putRoute(session, { proof: own.proof });
}

/** Lists it under the directory's newest key as well. Nobody need type a code for that: the relay knows the old route. */
export function relistNumber(session: Session, number: string): Promise<RouteState> {
  requirePurpose(session.vault, "discovery");
  requirePurpose(session.vault, "number");
  return putRoute(session, { number });
}

/** Nobody finds this device by its number any more. Repeatable. */
export async function unlistNumber(session: Session): Promise<RouteState> {
  requirePurpose(session.vault, "discovery");
  const call = { method: "DELETE", path: ROUTES.route } as const;
  const route = readRoute(await callWithNonce<unknown>(session, call));
  await session.vault.transaction((draft) => changeOwnNumber(draft, { listed: false }));
  return route;
}

/** How it stands, by the relay's word. */
export async function routeState(session: Session): Promise<RouteState> {
  requirePurpose(session.vault, "discovery");
  const { platform, identity } = session;
  return readRoute(await callSigned<unknown>(platform, identity, { method: "GET", path: ROUTES.route }));
}

async function putRoute(session: Session, json: { proof: string } | { number: string }): Promise<RouteState> {
  const call = { method: "PUT", path: ROUTES.route, json } as const;
  const route = readRoute(await callWithNonce<unknown>(session, call));
  await session.vault.transaction((draft) =>
    changeOwnNumber(draft, { listed: true, listedAt: session.platform.now() }),
  );
  return route;
}
