/** Many deposits on one socket: whoever opens it shows nothing, each deposit its own token or introduction. */
import { DEPOSIT_SUBPROTOCOL } from "../../protocol/deposit-frames.ts";
import { DepositSocket } from "../deposit-socket/socket.ts";
import type { RelayContext } from "../edge/context.ts";
import { clientShare } from "../edge/rate.ts";
import { requireUpgrade } from "../edge/upgrade.ts";

export async function getDepositSocket(c: RelayContext): Promise<Response> {
  requireUpgrade(c.req.raw, DEPOSIT_SUBPROTOCOL);
  const { 0: client, 1: server } = new WebSocketPair();
  new DepositSocket(c.env, server, await clientShare(c)).serve();
  const headers = { "Sec-WebSocket-Protocol": DEPOSIT_SUBPROTOCOL };
  return new Response(null, { status: 101, webSocket: client, headers });
}
