/** One sealed envelope on its way to the recipient's mailbox, and what a sender asks about it there. */
import { decodeBase64url } from "../protocol/base64url.ts";
import { MARK_GRACE } from "../protocol/limits.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { UnknownContactError } from "./contacts.ts";
import { readDepositAnswer, readRevokedAnswer } from "./deposit-answer.ts";
import type { Reach } from "./people/reach.ts";
import { reachOf } from "./people/reaching.ts";
import type { Outcome, Queued } from "./queue.ts";
import { isTransient, RelayProblem, RelayProtocolError } from "./relay-problem.ts";
import type { Session } from "./session.ts";
import { callBearer } from "./transport.ts";

/**
 * Tries to deposit.
 *
 * @param first whether no earlier try can have arrived. Later, an end that the relay does not know of is no proof
 *   that the recipient has nothing: a lost answer may have been a yes.
 * @returns what became of it, or undefined when it must be tried again
 */
export async function deposit(
  session: Session,
  queued: Queued,
  first: boolean,
): Promise<Outcome | undefined> {
  const reach = reachOf(session.vault, queued.to);
  if (reach === undefined) return { state: "undecided" };
  const now = session.platform.now();
  const ttl = ttlLeft(queued, now);
  if (ttl === undefined)
    return first ? { state: "expired" } : askAfterEnd(session, queued, queued.key, queued.expires - now);
  try {
    const answer = await callBearer<unknown>(session.platform, reach.relay, reach.token, {
      method: queued.key === undefined ? "POST" : "PUT",
      path: pathTo(queued.to, queued.key),
      octets: decodeBase64url(queued.envelope) ?? new Uint8Array(),
      headers: { ttl: String(ttl) },
    });
    return readDepositAnswer(answer);
  } catch (error) {
    return outcomeOfFailure(error, queued, first);
  }
}

/**
 * The TTL to ask for now. Whole seconds only: rounding down would take a second from every text, and all of a short
 * one.
 *
 * @returns undefined when its time is over: what leaves with 0 is shown now or never, which nobody asked for
 */
export function ttlLeft({ ttlSeconds, expires }: Queued, now: number): number | undefined {
  if (ttlSeconds === 0) return 0;
  return expires <= now ? undefined : Math.min(ttlSeconds, Math.ceil((expires - now) / 1000));
}

/**
 * What became of an envelope that a relay refused, or said nothing of; undefined: it must be tried again.
 *
 * @throws what has nothing to do with a relay
 */
export function outcomeOfFailure(error: unknown, queued: Queued, first: boolean): Outcome | undefined {
  const refused = error instanceof RelayProblem && !isTransient(error);
  if (refused) return { state: first ? "refused" : "undecided", problem: error.code };
  if (!isUnanswered(error)) throw error;
  // TTL 0 has no later: the device may have it, or not, and asking again would ask for a second showing.
  return queued.ttlSeconds === 0 ? { state: "undecided" } : undefined;
}

/** The state of a revocable deposit, by the relay's word. */
export async function askState(session: Session, device: string, key: string): Promise<Outcome> {
  const { relay, token } = requireReach(session, device);
  const call = { method: "GET", path: pathTo(device, key) } as const;
  return readDepositAnswer(await callBearer(session.platform, relay, token, call));
}

/** Takes a revocable deposit back. */
export async function revokeDeposit(session: Session, device: string, key: string): Promise<Outcome> {
  const { relay, token } = requireReach(session, device);
  const call = { method: "DELETE", path: pathTo(device, key) } as const;
  try {
    return readRevokedAnswer(await callBearer(session.platform, relay, token, call));
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "already-delivered") return { state: "delivered" };
    throw error;
  }
}

/** No word of the relay's that could be read: the request may have taken effect. */
function isUnanswered(error: unknown): boolean {
  return isTransient(error) || error instanceof RelayProtocolError;
}

/** Its time is over and an earlier try may have arrived: only a revocable one can still be asked about. */
async function askAfterEnd(
  session: Session,
  queued: Queued,
  key: string | undefined,
  left: number,
): Promise<Outcome | undefined> {
  if (key === undefined) return { state: "undecided" };
  try {
    return await askState(session, queued.to, key);
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "no-deposit") return { state: "expired" };
    const later = isUnanswered(error) && -left < MARK_GRACE;
    return later ? undefined : { state: "undecided" };
  }
}

function requireReach({ vault }: Session, device: string): Reach {
  const reach = reachOf(vault, device);
  if (reach === undefined) throw new UnknownContactError("Nobody said how this device can be reached.");
  return reach;
}

function pathTo(address: string, key: string | undefined): string {
  return key === undefined
    ? pathOf(ROUTES.deposits, { address })
    : pathOf(ROUTES.revocableDeposit, { address, key });
}
