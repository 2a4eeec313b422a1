/**
 * The content of a message: a head (head.ts), then, by kind:
 *
 *     0x00 bare                nothing: a founding that goes ahead alone, or news that the head tells
 *     0x01 text                [own copy] | address | body, well-formed UTF-8, to the end
 *     0x02 part of a text      [own copy] | address | SHA-256 of the whole body 32 | index 2 | count 2 | octets
 *     0x03 receipt             0x01 delivered or 0x02 read | text ids, 16 each, at least one
 *     0x04 conversation        its definition (conversations/definition.ts)
 *     0x05 link invitation     UTF-8 JSON (linking/link-messages.ts)
 *     0x06 link acceptance     likewise
 *     0x07 own state           likewise
 *
 *     address:     16   text id, random
 *                  16   conversation
 *                  32   hash of the member list
 *                   8   counter: the sender's texts and parts to this device, from 1
 *
 *     own copy:     1   length of the author's person address
 *                   …   who wrote it
 *                   1   length of the other person's address, 0 in a conversation of more than two
 *                   …   with whom it was
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAddress } from "../../protocol/address.ts";
import { Cursor, encodeShort } from "../../protocol/cursor.ts";
import { encodeInteger } from "../../protocol/integer.ts";
import { decodeUtf8 } from "../../protocol/utf8.ts";
import { decodeHead, encodeHead, FLAGS, type Head } from "./head.ts";

export const TEXT_ID_SIZE = 16;
export const CONVERSATION_SIZE = 16;
const MEMBERS_SIZE = 32;
const WHOLE_HASH_SIZE = 32;

const KINDS = [
  "bare",
  "text",
  "part",
  "receipt",
  "conversation",
  "link-invitation",
  "link-acceptance",
  "own-state",
] as const;

/** A text that one device of a person tells the others of. */
export interface OwnCopy {
  /** The person who wrote it. */
  readonly author: string;
  /** The other person, in a conversation of two. */
  readonly with?: string;
}

/** What a text is part of. */
export interface TextAddress {
  readonly id: Uint8Array;
  readonly conversation: Uint8Array;
  readonly members: Uint8Array;
  readonly revocable: boolean;
  readonly copy?: OwnCopy;
}

export interface Text extends TextAddress {
  readonly kind: "text";
  /** Code units that are no character (lone surrogates) travel as U+FFFD. */
  readonly body: string;
}

export interface Part extends TextAddress {
  readonly kind: "part";
  readonly wholeHash: Uint8Array;
  /** From 0, below `count`. */
  readonly index: number;
  readonly count: number;
  readonly octets: Uint8Array;
}

export interface Receipt {
  readonly kind: "receipt";
  readonly what: "delivered" | "read";
  readonly ids: readonly Uint8Array[];
}

/** Kinds whose form is their own room's. */
export interface Sealed {
  readonly kind: "conversation" | "link-invitation" | "link-acceptance" | "own-state";
  readonly octets: Uint8Array;
}

export type Content = { readonly kind: "bare" } | Text | Part | Receipt | Sealed;

/** A content as it was sealed. `counter` is 0 for kinds that have none. */
export interface Message {
  readonly head: Head;
  readonly counter: number;
  readonly content: Content;
}

/** @throws RangeError when a field is outside the form above. */
export function encodeMessage({ head, counter, content }: Message): Uint8Array {
  const addressed = content.kind === "text" || content.kind === "part" ? content : undefined;
  const flags =
    (addressed?.revocable ? FLAGS.revocable : 0) | (addressed?.copy === undefined ? 0 : FLAGS.ownCopy);
  const bytes = concatBytes(
    encodeHead(KINDS.indexOf(content.kind), flags, head),
    ...(addressed === undefined ? [] : encodeAddress(addressed, counter)),
    encodeBody(content),
  );
  if (decodeMessage(bytes) === undefined) throw new RangeError("content: a field is outside its form");
  return bytes;
}

/** @returns undefined for anything but the one exact form. */
export function decodeMessage(bytes: Uint8Array): Message | undefined {
  const cursor = new Cursor(bytes);
  const decoded = decodeHead(cursor);
  const kind = decoded && KINDS[decoded.kind];
  if (decoded === undefined || kind === undefined) return undefined;
  const { head, flags } = decoded;
  if (kind !== "text" && kind !== "part") {
    if ((flags & (FLAGS.revocable | FLAGS.ownCopy)) !== 0) return undefined;
    const content = decodeBody(kind, cursor);
    return cursor.sound && content !== undefined ? { head, counter: 0, content } : undefined;
  }
  const copy = (flags & FLAGS.ownCopy) === 0 ? {} : decodeCopy(cursor);
  const address = {
    id: cursor.octets(TEXT_ID_SIZE),
    conversation: cursor.octets(CONVERSATION_SIZE),
    members: cursor.octets(MEMBERS_SIZE),
    revocable: (flags & FLAGS.revocable) !== 0,
    ...copy,
  };
  const counter = cursor.integer();
  const body = kind === "text" ? decodeText(cursor) : decodePart(cursor);
  if (!cursor.sound || copy === undefined || body === undefined) return undefined;
  // What goes in several envelopes can't be taken back by one answer.
  if (kind === "part" && address.revocable) return undefined;
  return { head, counter, content: { ...address, ...body } };
}

function encodeAddress(content: Text | Part, counter: number): Uint8Array[] {
  const { id, conversation, members, copy } = content;
  if (
    id.length !== TEXT_ID_SIZE ||
    conversation.length !== CONVERSATION_SIZE ||
    members.length !== MEMBERS_SIZE
  )
    throw new RangeError("text: ids of 16, a member hash of 32 octets expected");
  const names = copy === undefined ? [] : [copy.author, copy.with ?? ""];
  return [
    ...names.flatMap((name) => [Uint8Array.of(name.length), utf8ToBytes(name)]),
    id,
    conversation,
    members,
    encodeInteger(counter),
  ];
}

function encodeBody(content: Content): Uint8Array {
  switch (content.kind) {
    case "bare":
      return new Uint8Array();
    case "text":
      return utf8ToBytes(content.body);
    case "part":
      return concatBytes(
        content.wholeHash,
        encodeShort(content.index),
        encodeShort(content.count),
        content.octets,
      );
    case "receipt":
      return concatBytes(Uint8Array.of(content.what === "delivered" ? 1 : 2), ...content.ids);
    default:
      return content.octets;
  }
}

function decodeCopy(cursor: Cursor): { copy: OwnCopy } | undefined {
  const author = cursor.ascii(cursor.octet());
  const other = cursor.ascii(cursor.octet());
  if (parseAddress(author) === undefined) return undefined;
  if (other === "") return { copy: { author } };
  return parseAddress(other) === undefined ? undefined : { copy: { author, with: other } };
}

function decodeText(cursor: Cursor): Pick<Text, "kind" | "body"> | undefined {
  // Two spellings of one text must not exist.
  const body = decodeUtf8(cursor.rest());
  return body === undefined ? undefined : { kind: "text", body };
}

function decodePart(cursor: Cursor): Omit<Part, keyof TextAddress> | undefined {
  const wholeHash = cursor.octets(WHOLE_HASH_SIZE);
  const index = cursor.short();
  const count = cursor.short();
  const octets = cursor.rest();
  if (count < 2 || index >= count || octets.length === 0) return undefined;
  return { kind: "part", wholeHash, index, count, octets };
}

function decodeBody(kind: Exclude<Content["kind"], "text" | "part">, cursor: Cursor): Content | undefined {
  if (kind === "bare") return cursor.left === 0 ? { kind } : undefined;
  if (kind !== "receipt") return { kind, octets: cursor.rest() };
  const what = cursor.octet();
  const ids: Uint8Array[] = [];
  while (cursor.left > 0 && cursor.sound) ids.push(cursor.octets(TEXT_ID_SIZE));
  if (what < 1 || what > 2 || ids.length === 0) return undefined;
  return { kind, what: what === 1 ? "delivered" : "read", ids };
}
