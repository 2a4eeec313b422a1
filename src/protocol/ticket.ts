/**
 * Socket tickets: browsers cannot set headers on a WebSocket, so the proof travels as a subprotocol,
 * `restante.ticket.<statement>.<signature>`, both in base64url. The relay never echoes it: it answers with
 * `restante.v1`. The statement is `restante/ticket/1` over
 *
 *     address | origin of the relay | created, ms since 1970 (8) | nonce (8)
 *
 * The origin keeps one relay from using a ticket at another; the growing nonce keeps it from being used twice.
 */
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "./address.ts";
import { decodeBase64url, encodeBase64url } from "./base64url.ts";
import { decodeInteger, encodeInteger } from "./integer.ts";
import { decodeStatement, encodeStatement } from "./statement.ts";
import { decodeUtf8 } from "./utf8.ts";

const PREFIX = "restante.ticket.";
const SIGNATURE_SIZE = 64;

export interface Ticket {
  readonly address: string;
  readonly origin: string;
  readonly created: number;
  readonly nonce: number;
}

/** The bytes that the device signs. */
export function encodeTicket(ticket: Ticket): Uint8Array {
  return encodeStatement("ticket", [
    utf8ToBytes(ticket.address),
    utf8ToBytes(ticket.origin),
    encodeInteger(ticket.created),
    encodeInteger(ticket.nonce),
  ]);
}

/** @returns undefined when the bytes are not a ticket's. */
export function decodeTicket(bytes: Uint8Array): Ticket | undefined {
  const fields = decodeStatement("ticket", bytes, 4);
  if (fields === undefined) return undefined;
  const [address, origin, created, nonce] = fields as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const parsed = parseAddress(decodeUtf8(address) ?? "");
  const relay = decodeUtf8(origin);
  const at = created.length === 8 ? decodeInteger(created) : undefined;
  const counter = nonce.length === 8 ? decodeInteger(nonce) : undefined;
  if (parsed === undefined || relay === undefined) return undefined;
  if (at === undefined || counter === undefined) return undefined;
  return { address: parsed.text, origin: relay, created: at, nonce: counter };
}

export function formatTicketProtocol(statement: Uint8Array, signature: Uint8Array): string {
  return `${PREFIX}${encodeBase64url(statement)}.${encodeBase64url(signature)}`;
}

/** @returns undefined when `protocol` is not the one form of a ticket. */
export function parseTicketProtocol(
  protocol: string,
): { statement: Uint8Array; signature: Uint8Array; ticket: Ticket } | undefined {
  if (!protocol.startsWith(PREFIX)) return undefined;
  const [first = "", second = "", ...rest] = protocol.slice(PREFIX.length).split(".");
  const statement = decodeBase64url(first);
  const signature = decodeBase64url(second, SIGNATURE_SIZE);
  if (rest.length > 0 || statement === undefined || signature === undefined) return undefined;
  const ticket = decodeTicket(statement);
  return ticket && { statement, signature, ticket };
}
