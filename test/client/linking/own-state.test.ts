import { utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Contact } from "../../../src/client/contacts.ts";
import { defineConversation } from "../../../src/client/conversations/definition.ts";
import { newLinkSecret } from "../../../src/client/linking/link-code.ts";
import {
  decodeOwnState,
  encodeOwnState,
  encodeWholeState,
  MAX_CONTACTS,
  type OwnState,
} from "../../../src/client/linking/own-state.ts";
import { encodeWithdrawalStatement } from "../../../src/protocol/withdrawal-statement.ts";
import { listOf, reach, type SigningDevice, signingDevice } from "../people/signing-device.ts";

const json = (value: unknown) => utf8ToBytes(JSON.stringify(value));
const NOTHING: OwnState = { contacts: [], people: [], conversations: [] };

function contact(own: Partial<Contact> = {}): Contact {
  const { token, relay } = reach();
  return { address: signingDevice("eu").address.text, deliveryToken: token, relay, ...own };
}

function withdrawalOf(device: SigningDevice) {
  const statement = encodeWithdrawalStatement({ address: device.address.text, consentId: newLinkSecret() });
  return { statement, signature: device.sign(statement) };
}

function definition(people = 3) {
  const members = Array.from({ length: people }, (_, i) => ({
    address: signingDevice().address,
    ...reach(i),
  }));
  return defineConversation(members, new Uint8Array(16));
}

const STATE: OwnState = {
  contacts: [contact(), contact({ name: "Bo \u{1f98a} \ud800", addedAt: 12 }), contact({ name: "" })],
  people: [listOf(1, signingDevice()), listOf(3, signingDevice(), signingDevice("eu"))],
  conversations: [definition(), definition(5)],
  withdrawal: withdrawalOf(signingDevice()),
  left: [withdrawalOf(signingDevice()), withdrawalOf(signingDevice("eu"))],
};

describe("own state", () => {
  it("reads back as it was written, full or empty", () => {
    for (const state of [STATE, NOTHING, { ...NOTHING, left: [] }])
      expect(decodeOwnState(encodeOwnState(state))).toEqual(state);
  });

  it("is refused when any part of it is malformed", () => {
    const good = JSON.parse(Buffer.from(encodeOwnState(STATE)).toString());
    const [one] = good.contacts;
    expect(decodeOwnState(json(good))).toEqual(STATE);
    for (const bad of [
      { contacts: undefined },
      { contacts: {} },
      { contacts: [null] },
      { contacts: [{ ...one, address: "x" }] },
      { contacts: [{ ...one, address: undefined }] },
      { contacts: [{ ...one, deliveryToken: one.deliveryToken.slice(1) }] },
      { contacts: [{ ...one, deliveryToken: 1 }] },
      { contacts: [{ ...one, relay: "http://relay.example" }] },
      { contacts: [{ ...one, relay: "https://relay.example/" }] },
      { contacts: [{ ...one, relay: null }] },
      { contacts: [{ ...one, name: 1 }] },
      { contacts: [{ ...one, addedAt: -1 }] },
      { contacts: [{ ...one, addedAt: "1" }] },
      { contacts: Array.from({ length: MAX_CONTACTS + 1 }, () => one) },
      { people: undefined },
      { people: [good.people[0].slice(4)] },
      { people: [1] },
      { people: Array.from({ length: 17 }, () => good.people[0]) },
      { conversations: undefined },
      { conversations: [good.people[0]] },
      { conversations: Array.from({ length: 17 }, () => good.conversations[0]) },
      { withdrawal: null },
      { withdrawal: { ...good.withdrawal, signature: "" } },
      { left: {} },
      { left: [null] },
      { left: Array.from({ length: 9 }, () => good.left[0]) },
      { more: "x".repeat(60_000) },
    ])
      expect(decodeOwnState(json({ ...good, ...bad })), JSON.stringify(bad).slice(0, 90)).toBeUndefined();
  });

  it("never throws on any octets or any JSON", () => {
    fc.assert(fc.property(fc.uint8Array(), (octets) => decodeOwnState(octets) === undefined));
    fc.assert(fc.property(fc.jsonValue(), (value) => decodeOwnState(json(value)) === undefined));
  });

  it("is not written from what would not be read, or is too much", () => {
    const contacts = Array.from({ length: MAX_CONTACTS + 1 }, () => contact());
    for (const bad of [
      { contacts },
      { contacts: [contact({ address: "x" })] },
      { contacts: [contact({ name: "x".repeat(60_000) })] },
      { left: Array.from({ length: 9 }, () => withdrawalOf(signingDevice())) },
    ])
      expect(() => encodeOwnState({ ...NOTHING, ...bad })).toThrow(RangeError);
  });
});

describe("a whole state", () => {
  it("of any size goes into messages of bounded size, each item once and in order", () => {
    const big = definition(32);
    const state: OwnState = {
      ...STATE,
      contacts: Array.from({ length: 2 * MAX_CONTACTS + 1 }, (_, i) => contact({ name: `${i}` })),
      people: Array.from({ length: 40 }, () => STATE.people[1] ?? listOf(1, signingDevice())),
      conversations: Array.from({ length: 20 }, () => big),
    };
    const messages = encodeWholeState(state);
    const read = messages.map((octets) => decodeOwnState(octets));
    expect(messages.every((octets) => octets.length <= 60_000)).toBe(true);
    expect(messages.length).toBeGreaterThan(3);
    expect(messages.length).toBeLessThan(10);
    expect(read.flatMap((one) => one?.contacts ?? [])).toEqual(state.contacts);
    expect(read.flatMap((one) => one?.people ?? [])).toEqual(state.people);
    expect(read.flatMap((one) => one?.conversations ?? [])).toEqual(state.conversations);
    expect(read.flatMap((one) => one?.withdrawal ?? [])).toEqual([state.withdrawal]);
    expect(read.flatMap((one) => one?.left ?? [])).toEqual(state.left);
  });

  it("that fits goes into one message, be it empty", () => {
    expect(encodeWholeState(STATE)).toEqual([encodeOwnState(STATE)]);
    expect(encodeWholeState(NOTHING)).toEqual([encodeOwnState(NOTHING)]);
  });

  it("with an item that no message holds is refused", () => {
    const contacts = [contact(), contact({ name: "x".repeat(60_000) })];
    expect(() => encodeWholeState({ ...NOTHING, contacts })).toThrow(RangeError);
  });
});
