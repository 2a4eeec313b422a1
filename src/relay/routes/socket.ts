/** The device's socket: the ticket ends here, the upgrade goes on to the mailbox. */
import { SUBPROTOCOL } from "../../protocol/frames.ts";
import type { RelayContext } from "../edge/context.ts";
import { ProblemError } from "../edge/problem.ts";
import { verifyTicket } from "../edge/ticket.ts";
import { NONCE_HEADER } from "../mailbox/calls.ts";
import { mailboxOf } from "../mailbox/stub.ts";

export async function getSocket(c: RelayContext): Promise<Response> {
  const { address, nonce } = await verifyTicket(c.req.raw, Date.now());
  const mailbox = mailboxOf(c.env, address);
  if (mailbox === undefined) throw new ProblemError("no-consent");
  const headers = new Headers(c.req.raw.headers);
  headers.set("sec-websocket-protocol", SUBPROTOCOL);
  headers.set(NONCE_HEADER, String(nonce));
  const answer = await mailbox.fetch(new Request(c.req.raw, { headers }));
  switch (answer.status) {
    case 101:
      return answer;
    case 404:
      throw new ProblemError("no-consent");
    case 409:
      throw new ProblemError("nonce-used");
    default:
      throw new ProblemError("unavailable");
  }
}
