/** HTTP to a relay: signs, sends, and turns what comes back into answers or {@link RelayProblem}s. */
import { concatBytes } from "@noble/hashes/utils.js";
import { MAX_HELD_BYTES } from "../protocol/limits.ts";
import { PROBLEM_MEDIA_TYPE } from "../protocol/problem-codes.ts";
import { contentDigest, signRequest } from "../protocol/signed-request.ts";
import { encodeTicket, formatTicketProtocol } from "../protocol/ticket.ts";
import type { Identity } from "./identity.ts";
import { RelayProblem, RelayProtocolError, RelayUnreachableError, readProblem } from "./relay-problem.ts";

/** What the SDK needs of the platform; tests and unusual platforms bring their own. */
export interface Platform {
  readonly fetch: typeof globalThis.fetch;
  readonly WebSocket: typeof globalThis.WebSocket;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether deposits may go by WebSocket. */
  readonly depositsBySocket?: boolean;
}

export const PLATFORM: Platform = {
  fetch: (input, init) => globalThis.fetch(input, init),
  WebSocket: globalThis.WebSocket,
  now: () => Date.now(),
};

/**
 * The platform with what the app brings in place of it. An app that brings its own `fetch`, and no `WebSocket`, wants
 * its way to other people's relays taken, a proxy perhaps: deposits don't go past it.
 */
export function completePlatform(own: Partial<Platform> = {}): Platform {
  const depositsBySocket = own.fetch === undefined || own.WebSocket !== undefined;
  return { ...PLATFORM, depositsBySocket, ...own };
}

/** Long enough for a slow radio, short enough that a dead connection is noticed. */
const ANSWER_TIMEOUT = 20_000;

/** Octets of an answer. The largest, all that is held about a device, is a full mailbox with room to spare. */
const MAX_ANSWER = 2 * MAX_HELD_BYTES;

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly json?: unknown;
  readonly octets?: Uint8Array;
  readonly headers?: Record<string, string>;
}

/** A call that nobody signs and no token opens. */
export function callOpen<Answer>(platform: Platform, relay: string, call: Call): Promise<Answer> {
  return exchange(platform, relay, call, {});
}

/** A call with a delivery token. */
export function callBearer<Answer>(
  platform: Platform,
  relay: string,
  token: string,
  call: Call,
): Promise<Answer> {
  return exchange(platform, relay, call, { authorization: `Bearer ${token}` });
}

/** A call signed by the device; `nonce` for those that change state. */
export function callSigned<Answer>(
  platform: Platform,
  identity: Identity,
  call: Call,
  nonce?: number,
): Promise<Answer> {
  const body = bodyOf(call);
  const digest = body && contentDigest(body.bytes);
  const fields = signRequest(
    { method: call.method, url: identity.relay + call.path, contentDigest: digest },
    identity.address.text,
    identity.sign,
    Math.floor(platform.now() / 1000),
    nonce,
  );
  return exchange(platform, identity.relay, call, {
    signature: fields.signature,
    "signature-input": fields.signatureInput,
    ...(digest === undefined ? {} : { "content-digest": digest }),
  });
}

/** The subprotocol that opens the mailbox socket once. */
export function ticketProtocol(platform: Platform, identity: Identity, nonce: number): string {
  const statement = encodeTicket({
    address: identity.address.text,
    origin: identity.relay,
    created: platform.now(),
    nonce,
  });
  return formatTicketProtocol(statement, identity.sign(statement));
}

function bodyOf(call: Call): { bytes: Uint8Array<ArrayBuffer>; type: string } | undefined {
  if (call.octets) return { bytes: new Uint8Array(call.octets), type: "application/octet-stream" };
  if (call.json === undefined) return undefined;
  return { bytes: new TextEncoder().encode(JSON.stringify(call.json)), type: "application/json" };
}

/**
 * Octets that anybody may fetch.
 *
 * @throws RelayProtocolError as soon as they are more than `most`
 */
export async function fetchOctets(
  platform: Platform,
  relay: string,
  path: string,
  most: number,
): Promise<Uint8Array> {
  const { response, octets } = await request(platform, relay, { method: "GET", path }, {}, most);
  if (!response.ok) throw refusalOf(relay, response, octets);
  return octets;
}

async function exchange<Answer>(
  platform: Platform,
  relay: string,
  call: Call,
  proof: Record<string, string>,
): Promise<Answer> {
  const { response, octets } = await request(platform, relay, call, proof);
  const answer = parseJson(octets);
  if (response.ok && answer !== undefined) return answer as Answer;
  throw refusalOf(relay, response, octets);
}

async function request(
  platform: Platform,
  relay: string,
  call: Call,
  proof: Record<string, string>,
  most = MAX_ANSWER,
): Promise<{ response: Response; octets: Uint8Array }> {
  const body = bodyOf(call);
  try {
    const response = await platform.fetch(relay + call.path, {
      method: call.method,
      headers: { ...call.headers, ...proof, ...(body && { "content-type": body.type }) },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT),
      // A redirect would carry a token or a signature somewhere else.
      redirect: "error",
      ...(body && { body: body.bytes }),
    });
    return { response, octets: await readUpTo(response, most) };
  } catch (cause) {
    if (cause instanceof RelayProtocolError) throw cause;
    throw new RelayUnreachableError(`The relay at ${relay} does not answer.`, { cause });
  }
}

/** Stops reading at the octet too many: a relay that sends without end must not fill this device's memory. */
async function readUpTo(response: Response, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = response.body?.getReader();
  let size = 0;
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    size += next.value.length;
    if (size > most) {
      void reader?.cancel().catch(() => undefined);
      throw new RelayProtocolError("The relay's answer is larger than it may be.");
    }
    chunks.push(next.value);
  }
  return concatBytes(...chunks);
}

/** What an answer that is none says. */
function refusalOf(relay: string, response: Response, octets: Uint8Array): Error {
  const refused = response.headers.get("content-type")?.startsWith(PROBLEM_MEDIA_TYPE);
  const problem = refused ? readProblem(parseJson(octets)) : undefined;
  if (problem !== undefined) return new RelayProblem(problem);
  if (response.status >= 500) return new RelayUnreachableError(`The relay at ${relay} is failing.`);
  return new RelayProtocolError(`What answers at ${relay} is not a Restante relay.`);
}

function parseJson(octets: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(octets));
  } catch {
    return undefined;
  }
}
