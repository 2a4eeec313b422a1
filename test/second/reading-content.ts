import { keyOf } from "./address.ts";
import {
  type Body,
  FLAG,
  type Head,
  KINDS,
  type OwnCopy,
  type Reach,
  type Receipt,
  type TextAddress,
  TOKEN,
} from "./content.ts";
import { decoded, malformed, type Reader } from "./octets.ts";
import { PUBLIC_KEY } from "./one-time-key.ts";

export interface Content {
  readonly head: Head;
  readonly body: Body;
}

export function readContent(octets: Uint8Array): Content | undefined {
  return decoded(octets, (from) => {
    const kind = KINDS[from.octet()] ?? malformed();
    const flags = from.octet();
    if (flags > 0x3f) malformed();
    if (flags & FLAG.revocable && kind !== "text") malformed();
    if (flags & FLAG.ownCopy && kind !== "text" && kind !== "part") malformed();
    return { head: readHead(from, flags), body: readBody(from, kind, flags) };
  });
}

export function readReach(from: Reader): Reach {
  const token = from.take(TOKEN);
  const origin = from.named();
  return origin.length >= 1 && origin.length <= 128 ? { token, origin } : malformed();
}

/** An address in a named text. */
export function readAddress(from: Reader): string {
  const address = from.named();
  return keyOf(address) === undefined ? malformed() : address;
}

export function utf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}

function readHead(from: Reader, flags: number): Head {
  return {
    sentAt: from.integer(),
    known: from.short(),
    heard: flags & FLAG.heard ? { channelId: from.take(32), reached: from.short() } : undefined,
    replyTo: flags & FLAG.replyTo ? readReach(from) : undefined,
    devices: flags & FLAG.devices ? from.take(from.short() || malformed()) : undefined,
    nextKey:
      flags & FLAG.nextKey
        ? { publicKey: from.take(PUBLIC_KEY), expires: from.integer(), signature: from.take(64) }
        : undefined,
  };
}

function readOwnCopy(from: Reader): OwnCopy {
  const author = readAddress(from);
  const other = from.named();
  if (other !== "" && keyOf(other) === undefined) malformed();
  return { author, other: other === "" ? undefined : other };
}

function readTextAddress(from: Reader): TextAddress {
  const address = {
    id: from.take(16),
    conversation: from.take(16),
    members: from.take(32),
    counter: from.integer(),
  };
  return address.counter === 0 ? malformed() : address;
}

function readBody(from: Reader, kind: Body["kind"], flags: number): Body {
  switch (kind) {
    case "bare":
      return { kind };
    case "text":
      return {
        kind,
        revocable: (flags & FLAG.revocable) !== 0,
        ownCopy: flags & FLAG.ownCopy ? readOwnCopy(from) : undefined,
        ...readTextAddress(from),
        body: utf8(from.rest()) ?? malformed(),
      };
    case "part": {
      const part = {
        kind,
        ownCopy: flags & FLAG.ownCopy ? readOwnCopy(from) : undefined,
        ...readTextAddress(from),
        wholeHash: from.take(32),
        index: from.short(),
        count: from.short(),
        octets: from.rest(),
      };
      return part.count < 2 || part.index >= part.count || part.octets.length === 0 ? malformed() : part;
    }
    case "receipt":
      return readReceipt(from);
    case "conversation":
      return { kind, definition: from.rest() };
    default:
      return { kind, json: utf8(from.rest()) ?? malformed() };
  }
}

function readReceipt(from: Reader): Receipt {
  const what = ([undefined, "delivered", "read"] as const)[from.octet()] ?? malformed();
  const ids = [from.take(16)];
  while (from.left > 0) ids.push(from.take(16));
  return { kind: "receipt", what, ids };
}
