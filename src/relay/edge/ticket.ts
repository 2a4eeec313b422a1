/** Socket tickets (protocol/ticket.ts), checked before the mailbox wakes. */
import { type Address, parseAddress } from "../../protocol/address.ts";
import { SUBPROTOCOL } from "../../protocol/frames.ts";
import { TICKET_WINDOW } from "../../protocol/limits.ts";
import { parseTicketProtocol } from "../../protocol/ticket.ts";
import { verifyEd25519 } from "../secrets/ed25519.ts";
import { ProblemError } from "./problem.ts";
import { requireUpgrade } from "./upgrade.ts";

export interface SocketCaller {
  readonly address: Address;
  readonly nonce: number;
}

/**
 * Reads and verifies the ticket of a WebSocket upgrade.
 *
 * @param now ms since 1970
 * @throws ProblemError `upgrade-required` when it is no upgrade to this protocol; `ticket-invalid` when the
 *   ticket is missing, not of its key, for another relay, or not made just now
 */
export async function verifyTicket(request: Request, now: number): Promise<SocketCaller> {
  const tickets = requireUpgrade(request, SUBPROTOCOL);
  const parsed = tickets.length === 1 ? parseTicketProtocol(tickets[0] ?? "") : undefined;
  const address = parsed && parseAddress(parsed.ticket.address);
  if (parsed === undefined || address === undefined) throw new ProblemError("ticket-invalid");
  const { origin, created, nonce } = parsed.ticket;
  const here = origin === new URL(request.url).origin;
  const fresh = Math.abs(now - created) <= TICKET_WINDOW;
  if (!here || !fresh || !(await verifyEd25519(address.publicKey, parsed.signature, parsed.statement)))
    throw new ProblemError("ticket-invalid");
  return { address, nonce };
}
