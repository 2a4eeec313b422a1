/** "Linking", as far as it takes to be linked, and to link. */
import { verifies } from "./address.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import type { Body, Reach } from "./content.ts";
import { countersign, linkStatement, makeList } from "./device-list.ts";
import type { Memory } from "./memory.ts";
import { accept, ownList } from "./people.ts";

/** What a device leaves with its person's first: protocol.md. */
export interface Withdrawal {
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

interface LinkCode {
  readonly address: string;
  readonly reach: Reach;
  /** As it is shown, and comes back. */
  readonly secret: string;
}

export function linkCode({ reach, address }: Memory, secret: Uint8Array): string {
  return `${reach.origin}/link#${address}~${toBase64url(reach.token)}~${toBase64url(secret)}`;
}

export function readLinkCode(code: string): LinkCode | undefined {
  const [, origin, address, token, secret] =
    /^(https:\/\/[^/#]+)\/link#([^~]+)~([^~]+)~([^~]+)$/.exec(code) ?? [];
  const octets = token === undefined ? undefined : fromBase64url(token);
  if (!origin || !address || !octets || !secret) return undefined;
  return { address, reach: { token: octets, origin }, secret };
}

/** The first's, to a device whose code it saw. */
export function invite(me: Memory, { address, reach, secret }: LinkCode): Body {
  me.reaches.set(address, reach);
  return { kind: "link-invitation", json: JSON.stringify({ secret }) };
}

/** The new device's answer, if it is alone and the secret is its own; or undefined. */
export function acceptInvitation(
  me: Memory,
  from: string,
  json: string,
  secret: Uint8Array,
  { statement, signature }: Withdrawal,
): Body | undefined {
  if (ownList(me) !== undefined || member(json, "secret") !== toBase64url(secret)) return undefined;
  me.belongsTo = from;
  const countersignature = toBase64url(countersign(me.seed, from, me.address));
  const withdrawal = { statement: toBase64url(statement), signature: toBase64url(signature) };
  return { kind: "link-acceptance", json: JSON.stringify({ countersignature, withdrawal }) };
}

/** The first signs its next list, with the device that agreed. @returns whether it had agreed */
export function takeAcceptance(me: Memory, from: string, json: string): boolean {
  const text = member(json, "countersignature");
  const countersignature = typeof text === "string" ? fromBase64url(text) : undefined;
  const reach = me.reaches.get(from);
  if (countersignature === undefined || reach === undefined) return false;
  if (!verifies(from, linkStatement(me.address, from), countersignature)) return false;
  const known = ownList(me);
  const linked = { address: from, countersignature, reach };
  accept(me, makeList(me, (known?.counter ?? 0) + 1, [...(known?.devices.slice(1) ?? []), linked]));
  return true;
}

function member(json: string, name: string): unknown {
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
