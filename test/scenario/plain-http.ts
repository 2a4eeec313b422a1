/** Requests that `fetch` and `WebSocket` do not make, or of which they do not tell the answer. */
import { randomBytes } from "node:crypto";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { anyEnvelope, type RawDevice } from "./raw-device.ts";

/** A deposit in chunks, with no Content-Length to refuse it by. */
export function chunkedDeposit(device: RawDevice, size: number): Promise<Response> {
  const headers = {
    authorization: `Bearer ${device.deliveryToken}`,
    "content-type": "application/octet-stream",
    "transfer-encoding": "chunked",
    ttl: "60",
  };
  const path = `/v1/mailboxes/${device.address}/messages`;
  return send(device.origin, { method: "POST", path, headers }, anyEnvelope(size));
}

/** Asks for a WebSocket, and tells how that was answered: a refusal has a body. */
export function upgrade(origin: string, ...protocols: string[]): Promise<Response> {
  return upgradeAt(`${origin}/v1/mailbox/socket`, ...protocols);
}

/** The same at another path. */
export function upgradeAt(url: string, ...protocols: string[]): Promise<Response> {
  const { origin, pathname: path } = new URL(url);
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    "sec-websocket-protocol": protocols.join(", "),
  };
  return send(origin, { path, headers });
}

function send(origin: string, options: RequestOptions, body?: Uint8Array): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const call = request({ hostname, port, ...options }, (answer) => resolve(read(answer)));
    call.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(new Error("The socket was opened."));
    });
    call.on("error", reject);
    if (body !== undefined) call.write(body);
    call.end();
  });
}

async function read(answer: IncomingMessage): Promise<Response> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  const headers = { "content-type": String(answer.headers["content-type"]) };
  return new Response(Buffer.concat(parts), { status: answer.statusCode ?? 0, headers });
}
