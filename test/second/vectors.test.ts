/** Every vector of the channel, made again and opened by an implementation that was written from the page alone. */
import { describe, expect, it } from "vitest";
import { addressOf, verifies } from "./address.ts";
import { conversationOfTwo, define, readDefinition } from "./conversation.ts";
import {
  countersign,
  firstOf,
  isGood,
  linkStatement,
  listStatement,
  makeList,
  readList,
  writeList,
} from "./device-list.ts";
import {
  channelOf,
  FOUNDING_HEAD,
  foundingInfo,
  foundingStatement,
  openFounding,
  sealFounding,
  signFounding,
  writeFounding,
} from "./founding.ts";
import { hkdf } from "./hashing.ts";
import { ascii, hex, join, unhex } from "./octets.ts";
import { keyHash, keyStatement, makeKey, mayBeFoundedOn } from "./one-time-key.ts";
import { readContent } from "./reading-content.ts";
import { codeToScan, fingerprint, safetyNumber } from "./safety-number.ts";
import { openMessage, PLAIN_HEAD, sealMessage, sizeFor, step, VERSION } from "./sealed-message.ts";
import { DAY } from "./times.ts";
import { bodySaid, headSaid, vectors } from "./vector-file.ts";
import { writeContent } from "./writing-content.ts";

const ann = { address: vectors.ann.address, seed: unhex(vectors.ann.seed) };
const bo = { address: vectors.bo.address, seed: unhex(vectors.bo.seed) };

const { channel } = vectors;
const { "ann-1": annOne, bo: bosOne, "ann-2": annTwo } = vectors.talk.channels;
const channels = [
  { name: "The channel", from: ann, to: bo, made: channel, before: channel.previous, said: channel.messages },
  { name: "Ann's first", from: ann, to: bo, made: annOne, before: undefined, said: said("ann-1") },
  { name: "Bo's", from: bo, to: ann, made: bosOne, before: undefined, said: said("bo") },
  { name: "Ann's second", from: ann, to: bo, made: annTwo, before: annTwo.previous, said: said("ann-2") },
];

function said(on: string) {
  return vectors.talk.messages.filter((message) => message.channel === on);
}

describe.each(channels)(
  "$name in the vectors",
  ({ from: founder, to: recipient, made: vector, before, said: messages }) => {
    const key = makeKey(recipient, unhex(vector.key.privateKey), vector.key.expires - 14 * DAY);
    const hash = keyHash(key);
    const unsigned = {
      secret: unhex(vector.secret),
      founder: founder.address,
      previous: before && { channelId: unhex(before.channelId), sealed: before.sealed },
      created: vector.created,
    };
    const signed = signFounding(unsigned, founder.seed, recipient.address, hash);
    const { channelId, chainKey } = channelOf(unsigned, recipient.address, hash);

    it("is founded on the key that its recipient signed", () => {
      expect(hex(key.publicKey)).toBe(vector.key.publicKey);
      expect(hex(hash)).toBe(vector.key.keyHash);
      expect(hex(keyStatement(recipient.address, key))).toBe(vector.key.statement);
      expect(hex(key.signature)).toBe(vector.key.signature);
      expect(mayBeFoundedOn(recipient.address, key, key.expires - 1)).toBe(true);
      expect(mayBeFoundedOn(recipient.address, key, key.expires)).toBe(false);
      expect(mayBeFoundedOn(founder.address, key, key.expires - 1)).toBe(false);
    });

    it("has its founding's statement, id and octets", () => {
      expect(hex(hkdf(unsigned.secret, ascii("restante/commitment/1"), 32))).toBe(vector.commitment);
      expect(hex(foundingStatement(unsigned, recipient.address, hash))).toBe(vector.statement);
      expect(hex(channelId)).toBe(vector.channelId);
      expect(hex(foundingInfo(recipient.address, hash))).toBe(vector.info);
      expect(hex(writeFounding(signed))).toBe(vector.founding);
    });

    it("has its messages' keys, tags, contents and envelopes, and they open", () => {
      let next = chainKey;
      const steps = Array.from({ length: messages.length }, () => {
        const made = { from: next, ...step(next) };
        next = made.chainKey;
        return made;
      });
      for (const message of messages) {
        const { position } = message;
        const at = steps[position] ?? expect.fail();
        expect(hex(at.from)).toBe(message.chainKey);
        expect(hex(at.messageKey)).toBe(message.messageKey);
        expect(hex(at.tag)).toBe(message.tag);
        const content = writeContent(headSaid(message.says), bodySaid(message.says));
        expect(hex(content)).toBe(message.content);
        const head = position === 0 ? FOUNDING_HEAD : PLAIN_HEAD;
        const size = sizeFor(head, content) ?? 0;
        const sealed = sealMessage(at, unhex(message.nonce), content, head, size);
        const before =
          position === 0
            ? sealFounding(signed, recipient.address, key, unhex(vector.randomness), size)
            : join(VERSION, at.tag);
        expect(hex(join(before, sealed))).toBe(message.envelope);
        const envelope = unhex(message.envelope);
        expect(openMessage(at, envelope.slice(head), envelope.length)).toEqual(content);
        expect(readContent(content)).toEqual({ head: headSaid(message.says), body: bodySaid(message.says) });
        if (position === 0) expect(openFounding(envelope, recipient.address, key)).toEqual(signed);
      }
    });
  },
);

describe("people in the vectors", () => {
  const [first, second] = vectors.people.list.devices;
  const reach = (at: { token: string; relay: string }) => ({ token: unhex(at.token), origin: at.relay });

  it("have addresses that go with their seeds", () => {
    expect(addressOf(ann.seed)).toBe(ann.address);
    expect(addressOf(bo.seed, "eu")).toBe(bo.address);
  });

  it("have a list, signed by the first and countersigned by the second", () => {
    if (second === undefined || first === undefined) expect.fail();
    const linked = {
      address: second.address,
      countersignature: countersign(unhex(second.seed), first.address, second.address),
      reach: reach(second),
    };
    expect(hex(linkStatement(first.address, second.address))).toBe(second.statement);
    expect(hex(linked.countersignature)).toBe(second.countersignature);
    const list = makeList({ ...ann, reach: reach(first) }, vectors.people.list.counter, [linked]);
    expect(hex(listStatement(list))).toBe(vectors.people.list.statement);
    expect(hex(writeList(list))).toBe(vectors.people.list.octets);
    expect(readList(unhex(vectors.people.list.octets))).toEqual(list);
    expect(isGood(list)).toBe(true);
    expect(isGood({ ...list, counter: 4 })).toBe(false);
    expect(isGood({ ...list, devices: [...list.devices].reverse() })).toBe(false);
    expect(firstOf(list)).toBe(ann.address);
    expect(verifies(second.address, listStatement(list), list.signature)).toBe(false);
  });

  it("have a conversation of two, and one of three by its definition", () => {
    const two = conversationOfTwo(bo.address, ann.address);
    expect(hex(two.members)).toBe(vectors.conversation.members);
    expect(hex(two.conversation)).toBe(vectors.conversation.conversation);
    const given = vectors.people.conversation;
    const people = given.people.map((person) => ({ address: person.address, reach: reach(person) }));
    const three = define([...people].reverse(), unhex(given.salt));
    expect(hex(three.members)).toBe(given.members);
    expect(hex(three.conversation)).toBe(given.conversation);
    expect(hex(three.octets)).toBe(given.octets);
    expect(readDefinition(three.octets)).toEqual(three);
  });

  it("have one safety number", () => {
    const [of, and] = [
      fingerprint(vectors.people.list.devices.map((d) => d.address)),
      fingerprint([bo.address]),
    ];
    expect(hex(of)).toBe(vectors.people.safety.ann);
    expect(hex(and)).toBe(vectors.people.safety.bo);
    expect(safetyNumber(of, and)).toBe(vectors.people.safety.number);
    expect(safetyNumber(and, of)).toBe(vectors.people.safety.number);
    expect(codeToScan(of, and)).toBe(vectors.people.safety.annShows);
  });
});
