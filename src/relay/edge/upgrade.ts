import { ProblemError } from "./problem.ts";

/**
 * Reads a WebSocket upgrade (RFC 6455 §4.2.1).
 *
 * @returns the other subprotocols that it offers, in their order
 * @throws ProblemError `upgrade-required` when it is none, or does not offer `subprotocol`
 */
export function requireUpgrade(request: Request, subprotocol: string): string[] {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((name) => name.trim());
  const upgrade = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  if (!upgrade || !offered.includes(subprotocol)) throw new ProblemError("upgrade-required");
  return offered.filter((name) => name !== subprotocol);
}
