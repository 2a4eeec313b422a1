/** A recording as calls, each with all its fields by name and value: nothing that left is in neither. */
import { decodeBase64url } from "../../../src/protocol/base64url.ts";
import { decodeConsentStatement } from "../../../src/protocol/consent-statement.ts";
import { DEPOSIT_SUBPROTOCOL, decodeDeposits } from "../../../src/protocol/deposit-frames.ts";
import { decodeDeviceFrame } from "../../../src/protocol/frames.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { parseTicketProtocol } from "../../../src/protocol/ticket.ts";
import { decodeWithdrawalStatement } from "../../../src/protocol/withdrawal-statement.ts";
import { bearerFields } from "./bearer-fields.ts";
import { base64, named } from "./named.ts";
import type { RecordedRequest, Recording } from "./recorded.ts";

export interface Leaving {
  /** Method and route; or a kind of frame. */
  readonly call: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

export function whatLeft({ requests, frames, controls }: Recording): Leaving[] {
  return [
    ...requests.map(leavingOf),
    ...frames.map(frameLeaving),
    ...controls.map((frame) => ({
      call: "frame: close",
      fields: [["close code", String(frame.readUInt16BE(0))] as const],
    })),
  ];
}

function frameLeaving(octets: Buffer): Leaving {
  const frame = new Uint8Array(octets);
  const { ids } = decodeDeviceFrame(frame) ?? {};
  if (ids !== undefined)
    return { call: "frame: acknowledge", fields: ids.map((id) => ["id", String(id)] as const) };
  const items = decodeDeposits(frame);
  if (typeof items === "string") throw new Error("A frame that no device sends.");
  const fields = items.flatMap(({ envelope, ttlSeconds, bearer, ...item }) => [
    ...named("item", item),
    ...bearerFields(bearer),
    ["ttl", String(ttlSeconds)] as const,
    ["envelope", base64(envelope)] as const,
  ]);
  return { call: "frame: deposits", fields };
}

function leavingOf(request: RecordedRequest): Leaving {
  const url = new URL(request.target, "http://relay");
  const [route, parameters] = routeOf(url.pathname);
  return {
    call: `${request.method} ${route}`,
    fields: [
      ...parameters,
      ...[...url.searchParams].map(([name, value]) => [`?${name}`, value] as const),
      ...Object.entries(request.headers).flatMap(([name, value]) => headerFields(name, value)),
      ...bodyFields(request),
    ],
  };
}

/** The route with fewest parameters that fits, as the relay's own table decides. */
function routeOf(path: string): [string, [string, string][]] {
  const fitting = Object.values(ROUTES).flatMap((route) => {
    const names = [...route.matchAll(/:([A-Za-z]+)/g)].map(([, name = ""]) => name);
    const values = new RegExp(`^${route.replace(/:[A-Za-z]+/g, "([^/]+)")}$`).exec(path)?.slice(1);
    return values
      ? [{ route, parameters: names.map((name, i): [string, string] => [name, values[i] ?? ""]) }]
      : [];
  });
  const [best] = fitting.sort((a, b) => a.parameters.length - b.parameters.length);
  if (best === undefined) throw new Error(`No route ${path}.`);
  return [best.route, best.parameters.map(([name, value]) => [`path: ${name}`, value])];
}

function headerFields(name: string, value: string): [string, string][] {
  if (name === "signature-input") {
    const [components = "", ...parameters] = value.split(";");
    return [
      [`${name}: what is signed`, components],
      ...parameters.map((parameter): [string, string] => {
        const [key = "", text = ""] = parameter.split("=");
        return [`${name}: ${key}`, text.replaceAll('"', "")];
      }),
    ];
  }
  if (name === "authorization") return bearerFields(/^Bearer (.*)$/.exec(value)?.[1] ?? "");
  if (name !== "sec-websocket-protocol") return [[name, value]];
  const [protocol = "", ticketText = ""] = value.split(", ");
  if (protocol === DEPOSIT_SUBPROTOCOL && ticketText === "") return [[name, protocol]];
  const parsed = parseTicketProtocol(ticketText);
  if (parsed === undefined) throw new Error("A socket without a ticket.");
  return [
    [name, protocol],
    ...named("ticket", parsed.ticket),
    ["ticket: signature", base64(parsed.signature)],
  ];
}

function bodyFields({ headers, body }: RecordedRequest): [string, string][] {
  if (body.length === 0) return [];
  if (headers["content-type"] === "application/octet-stream") return [["envelope", base64(body)]];
  const json = JSON.parse(body.toString());
  return "statement" in json ? statementFields(json) : jsonFields(json, "");
}

/** A signed statement, which is all that is in its body. */
function statementFields({ statement, signature, ...more }: Record<string, unknown>): [string, string][] {
  if (Object.keys(more).length > 0) throw new Error("Something beside a statement.");
  const octets = decodeBase64url(String(statement)) ?? new Uint8Array();
  const consent = decodeConsentStatement(octets);
  const withdrawal = decodeWithdrawalStatement(octets);
  const of = consent === undefined ? "withdrawal" : "statement";
  const parts = consent ?? withdrawal;
  if (parts === undefined) throw new Error("A statement of another kind.");
  return [...named(of, parts), [`${of}: signature`, String(signature)]];
}

function jsonFields(value: unknown, name: string): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item) => jsonFields(item, `${name}[]`));
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([key, part]) =>
      jsonFields(part, name === "" ? key : `${name}.${key}`),
    );
  return [[name, String(value)]];
}
