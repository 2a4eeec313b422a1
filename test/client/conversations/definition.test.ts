import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conversationOf } from "../../../src/client/channel/conversation.ts";
import {
  conversationId,
  decodeDefinition,
  defineConversation,
  encodeDefinition,
  MAX_PEOPLE,
  type Member,
  MIN_PEOPLE,
  membersHash,
  SALT_SIZE,
} from "../../../src/client/conversations/definition.ts";
import { reach, signingDevice } from "../people/signing-device.ts";

const SALT = new Uint8Array(SALT_SIZE).fill(7);
const people = (count: number, jurisdiction = ""): Member[] =>
  Array.from({ length: count }, (_, i) => ({ address: signingDevice(jurisdiction).address, ...reach(i) }));
const inOrder = (members: readonly Member[]) =>
  members.toSorted((a, b) => Buffer.compare(Buffer.from(a.address.text), Buffer.from(b.address.text)));
const sha256 = (...parts: (string | Uint8Array)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

describe("a conversation's name", () => {
  it("is made of its members and its salt, in the octets of the specification", () => {
    const members = people(4, "eu");
    const listed = inOrder(members).flatMap(({ address }) => [Uint8Array.of(46), address.text]);
    const hash = sha256("restante/members/1\0", ...listed);
    expect(membersHash(members.map(({ address }) => address))).toEqual(hash);
    expect(conversationId(hash, SALT)).toEqual(sha256("restante/conversation/1\0", hash, SALT).slice(0, 16));
  });

  it("is another with another salt or other members, and the same in any order", () => {
    const addresses = people(4).map(({ address }) => address);
    const hash = membersHash(addresses);
    expect(membersHash(addresses.toReversed())).toEqual(hash);
    expect(membersHash(addresses.slice(1))).not.toEqual(hash);
    expect(conversationId(hash, SALT)).not.toEqual(conversationId(hash, new Uint8Array(16)));
  });

  it("of two people is the one that both derive without a definition", () => {
    const [a, b] = [signingDevice().address, signingDevice("eu").address];
    const hash = membersHash([b, a]);
    expect(conversationOf(a, b)).toEqual({ members: hash, conversation: conversationId(hash) });
  });
});

describe("a conversation's definition", () => {
  it("has its members in octet order, in whatever order they are given", () => {
    const members = people(5);
    const definition = defineConversation(members, SALT);
    expect(definition).toEqual({ salt: SALT, members: inOrder(members) });
    expect(defineConversation(members.toReversed(), SALT)).toEqual(definition);
  });

  it("reads back as it was written, from 3 to 32 people", () => {
    for (const count of [MIN_PEOPLE, 4, MAX_PEOPLE]) {
      const definition = defineConversation(people(count), SALT);
      expect(decodeDefinition(encodeDefinition(definition))).toEqual(definition);
    }
  });

  it("has 302 octets at least and 7,409 at most", () => {
    const reached = (members: Member[], relay: string) => members.map((member) => ({ ...member, relay }));
    expect(encodeDefinition(defineConversation(reached(people(3), "r"), SALT)).length).toBe(302);
    const longest = reached(people(32, "abcdefgh"), "r".repeat(128));
    expect(encodeDefinition(defineConversation(longest, SALT)).length).toBe(7409);
  });

  it("is refused for fewer, more, the same twice, or a salt of another length", () => {
    const members = people(33);
    const [one] = members;
    for (const bad of [[], members.slice(0, 2), members, [...members.slice(0, 3), ...(one ? [one] : [])]])
      expect(() => defineConversation(bad, SALT)).toThrow(RangeError);
    for (const salt of [new Uint8Array(15), new Uint8Array(17), new Uint8Array()])
      expect(() => defineConversation(members.slice(0, 3), salt)).toThrow(RangeError);
  });

  it("is refused when its members are in another order", () => {
    const { members } = defineConversation(people(3), SALT);
    expect(() => encodeDefinition({ salt: SALT, members: members.toReversed() })).toThrow(RangeError);
    const bytes = encodeDefinition({ salt: SALT, members });
    const size = (bytes.length - 17) / 3;
    const swapped = bytes.slice();
    swapped.set(bytes.subarray(17, 17 + size), 17 + size);
    swapped.set(bytes.subarray(17 + size, 17 + 2 * size), 17);
    expect(decodeDefinition(swapped)).toBeUndefined();
    swapped.set(bytes.subarray(17, 17 + size), 17);
    expect(decodeDefinition(swapped), "one twice").toBeUndefined();
  });

  it("is refused when it is cut short, longer, or of another form", () => {
    const good = encodeDefinition(defineConversation(people(3), SALT));
    for (let size = 0; size < good.length; size++)
      expect(decodeDefinition(good.subarray(0, size)), `${size} octets`).toBeUndefined();
    const changed = (at: number, octet: number) => good.map((old, i) => (i === at ? octet : old));
    const bad: [why: string, Uint8Array][] = [
      ["longer", Uint8Array.of(...good, 0)],
      ["two people", changed(16, 2)],
      ["four people", changed(16, 4)],
      ["33 people", changed(16, 33)],
      ["no address", changed(17, 0)],
      ["no character of an address", changed(18, 0x21)],
      ["no origin", changed(110, 0)],
      ["an origin of what does not print", changed(111, 0x7f)],
    ];
    for (const [why, bytes] of bad) expect(decodeDefinition(bytes), why).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => decodeDefinition(bytes) === undefined),
    );
  });
});
