/** One sealed envelope on its way to the recipient's mailbox, and what a sender asks about it there. */
import { decodeBase64url } from "../protocol/base64url.ts";
import { MARK_GRACE } from "../protocol/limits.ts";
import { pathOf, ROUTES } from "../protocol/routes.ts";
import { type Contact, getContact } from "./contacts.ts";
import { readDepositAnswer, readRevokedAnswer } from "./deposit-answer.ts";
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
  const contact = getContact(session.vault, queued.to);
  if (contact === undefined) return { state: "undecided" };
  const left = queued.expires - session.platform.now();
  if (left <= 0 && queued.ttlSeconds > 0)
    return first ? { state: "expired" } : askAfterEnd(session, contact, queued, left);
  // Whole seconds only: rounding down would take a second from every text, and all of a short one.
  const ttl = Math.min(queued.ttlSeconds, Math.ceil(left / 1000));
  try {
    const answer = await callBearer<unknown>(session.platform, contact.relay, contact.deliveryToken, {
      method: queued.key === undefined ? "POST" : "PUT",
      path: pathTo(contact, queued.key),
      octets: decodeBase64url(queued.envelope) ?? new Uint8Array(),
      headers: { ttl: String(Math.max(0, ttl)) },
    });
    return readDepositAnswer(answer);
  } catch (error) {
    const refused = error instanceof RelayProblem && !isTransient(error);
    if (refused) return first ? { state: "refused", problem: error.code } : { state: "undecided" };
    if (!isUnanswered(error)) throw error;
    // TTL 0 has no later: the device may have it, or not, and asking again would ask for a second showing.
    return queued.ttlSeconds === 0 ? { state: "undecided" } : undefined;
  }
}

/** The state of a revocable deposit, by the relay's word. */
export async function askState(session: Session, contact: Contact, key: string): Promise<Outcome> {
  const { platform } = session;
  const call = { method: "GET", path: pathTo(contact, key) } as const;
  return readDepositAnswer(await callBearer(platform, contact.relay, contact.deliveryToken, call));
}

/** Takes a revocable deposit back. */
export async function revokeDeposit(session: Session, contact: Contact, key: string): Promise<Outcome> {
  const { platform } = session;
  const call = { method: "DELETE", path: pathTo(contact, key) } as const;
  try {
    return readRevokedAnswer(await callBearer(platform, contact.relay, contact.deliveryToken, call));
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
  contact: Contact,
  queued: Queued,
  left: number,
): Promise<Outcome | undefined> {
  if (queued.key === undefined) return { state: "undecided" };
  try {
    return await askState(session, contact, queued.key);
  } catch (error) {
    if (error instanceof RelayProblem && error.code === "no-deposit") return { state: "expired" };
    const later = isUnanswered(error) && -left < MARK_GRACE;
    return later ? undefined : { state: "undecided" };
  }
}

function pathTo({ address }: Contact, key: string | undefined): string {
  return key === undefined
    ? pathOf(ROUTES.deposits, { address })
    : pathOf(ROUTES.revocableDeposit, { address, key });
}
