/** Contents of messages as docs/channels.md has them, written out a second time. Imports nothing of src/. */
import { ascii, integer, join, type Key, named, octet, sha256, short } from "./channel-writing.ts";

export interface Head {
  readonly sentAt: number;
  readonly known: number;
  readonly heard?: { channelId: Uint8Array; reached: number };
  readonly replyTo?: { token: Uint8Array; relay: string };
  readonly devices?: Uint8Array;
  readonly nextKey?: Key;
}

interface Addressed {
  readonly id: Uint8Array;
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  readonly counter: number;
  readonly revocable?: boolean;
  readonly copy?: { author: string; with?: string };
}

export type Content =
  | { readonly kind: "bare" }
  | (Addressed & { readonly kind: "text"; readonly body: string })
  | (Addressed & {
      readonly kind: "part";
      wholeHash: Uint8Array;
      index: number;
      count: number;
      octets: Uint8Array;
    })
  | { readonly kind: "receipt"; readonly what: "delivered" | "read"; readonly ids: Uint8Array[] };

const KINDS = { bare: 0, text: 1, part: 2, receipt: 3 };

export function contentOf(head: Head, content: Content): Buffer {
  const { heard, replyTo, devices, nextKey } = head;
  const addressed = content.kind === "text" || content.kind === "part" ? content : undefined;
  const flags =
    (addressed?.revocable ? 0x01 : 0) |
    (heard ? 0x02 : 0) |
    (replyTo ? 0x04 : 0) |
    (devices ? 0x08 : 0) |
    (nextKey ? 0x10 : 0) |
    (addressed?.copy ? 0x20 : 0);
  return join(
    octet(KINDS[content.kind]),
    octet(flags),
    integer(head.sentAt),
    short(head.known),
    ...(heard ? [heard.channelId, short(heard.reached)] : []),
    ...(replyTo ? [reachOf(replyTo)] : []),
    ...(devices ? [short(devices.length), devices] : []),
    ...(nextKey ? [nextKey.publicKey, integer(nextKey.expires), nextKey.signature] : []),
    ...(addressed?.copy ? [named(addressed.copy.author), named(addressed.copy.with ?? "")] : []),
    ...(addressed
      ? [addressed.id, addressed.conversation, addressed.members, integer(addressed.counter)]
      : []),
    bodyOf(content),
  );
}

function bodyOf(content: Content): Buffer {
  if (content.kind === "bare") return Buffer.alloc(0);
  if (content.kind === "text") return Buffer.from(content.body, "utf8");
  if (content.kind === "receipt") return join(octet(content.what === "delivered" ? 1 : 2), ...content.ids);
  return join(content.wholeHash, short(content.index), short(content.count), content.octets);
}

export function reachOf({ token, relay }: { token: Uint8Array; relay: string }): Buffer {
  return join(token, named(relay));
}

/** The conversation of two people, by their addresses. */
export function conversationOf(one: string, other: string) {
  const members = sha256(ascii("restante/members/1\0"), ...[one, other].sort().map(named));
  return { conversation: sha256(ascii("restante/conversation/1\0"), members).subarray(0, 16), members };
}
