import { type Body, FLAG, type Head, KINDS, type OwnCopy, type Reach, type TextAddress } from "./content.ts";
import { integer, join, named, octet, short } from "./octets.ts";

const NONE = new Uint8Array(0);

export function writeReach(reach: Reach): Uint8Array {
  return join(reach.token, named(reach.origin));
}

export function writeContent(head: Head, body: Body): Uint8Array {
  return join(writeHead(head, body), writeBody(body));
}

function writeHead(head: Head, body: Body): Uint8Array {
  const ownCopy = "ownCopy" in body ? body.ownCopy : undefined;
  const revocable = body.kind === "text" && body.revocable;
  const flags =
    (revocable ? FLAG.revocable : 0) |
    (head.heard ? FLAG.heard : 0) |
    (head.replyTo ? FLAG.replyTo : 0) |
    (head.devices ? FLAG.devices : 0) |
    (head.nextKey ? FLAG.nextKey : 0) |
    (ownCopy ? FLAG.ownCopy : 0);
  return join(
    octet(KINDS.indexOf(body.kind)),
    octet(flags),
    integer(head.sentAt),
    short(head.known),
    head.heard ? join(head.heard.channelId, short(head.heard.reached)) : NONE,
    head.replyTo ? writeReach(head.replyTo) : NONE,
    head.devices ? join(short(head.devices.length), head.devices) : NONE,
    head.nextKey ? join(head.nextKey.publicKey, integer(head.nextKey.expires), head.nextKey.signature) : NONE,
  );
}

function writeOwnCopy(copy: OwnCopy | undefined): Uint8Array {
  return copy ? join(named(copy.author), named(copy.other ?? "")) : NONE;
}

function writeTextAddress({ id, conversation, members, counter }: TextAddress): Uint8Array {
  return join(id, conversation, members, integer(counter));
}

function writeBody(body: Body): Uint8Array {
  switch (body.kind) {
    case "bare":
      return NONE;
    case "text":
      return join(writeOwnCopy(body.ownCopy), writeTextAddress(body), Buffer.from(body.body, "utf8"));
    case "part":
      return join(
        writeOwnCopy(body.ownCopy),
        writeTextAddress(body),
        body.wholeHash,
        short(body.index),
        short(body.count),
        body.octets,
      );
    case "receipt":
      return join(octet(body.what === "delivered" ? 0x01 : 0x02), ...body.ids);
    case "conversation":
      return body.definition;
    default:
      return Uint8Array.from(Buffer.from(body.json, "utf8"));
  }
}
