import { randomBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import type { Content } from "../../src/client/channel/content.ts";
import {
  type ConversationDefinition,
  decodeDefinition,
  defineConversation,
  encodeDefinition,
  membersHash,
} from "../../src/client/conversations/definition.ts";
import type { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { person, readAll } from "./person.ts";
import { sealRaw } from "./raw-seal.ts";
import { useRelay } from "./relay.ts";

const textIn = (id: string, { members }: ConversationDefinition, body: string): Content => ({
  kind: "text",
  id: randomBytes(16),
  conversation: decodeBase64url(id) ?? new Uint8Array(),
  members: membersHash(members.map(({ address }) => address)),
  revocable: false,
  body,
});

describe("somebody who is not in a conversation and knows all about it", () => {
  const relay = useRelay();

  /** Ann, Bo and Cy have a conversation; Eve has its definition, everybody's card, and a channel to Bo. */
  async function scene() {
    const vaults = { bo: new MemoryVault(), eve: new MemoryVault() };
    const [ann, bo, cy, eve] = await Promise.all([
      person(relay().origin),
      person(relay().origin, { vault: vaults.bo }),
      person(relay().origin),
      person(relay().origin, { vault: vaults.eve }),
    ]);
    for (const one of [ann, eve]) for (const other of [bo, cy]) await one.add(other.card());
    await bo.add(cy.card());
    const { id } = await ann.createConversation([bo.address, cy.address]);
    await ann.send(id, "among us");
    await eve.send(bo.address, "hello");
    await readAll(bo);
    const definition = decodeDefinition(vaults.bo.get(`conversation/${id}`) ?? new Uint8Array());
    if (definition === undefined) throw new Error("Bo does not know the conversation");
    return { ann, bo, cy, eve, id, definition, vaults };
  }

  it("cannot write into it, nor pass a text off as one of theirs", async () => {
    const { ann, bo, eve, id, definition, vaults } = await scene();
    await sealRaw(vaults.eve, bo, textIn(id, definition, "I am one of you"));
    const copied = { ...textIn(id, definition, "Ann wrote this"), copy: { author: ann.address } };
    await sealRaw(vaults.eve, bo, copied as Content);
    const own = { ...textIn(id, definition, "you wrote this"), copy: { author: bo.address } };
    await sealRaw(vaults.eve, bo, own as Content);
    expect(await readAll(bo)).toEqual([]);
    await ann.send(id, "still among us");
    await eve.send(bo.address, "still Eve");
    expect((await readAll(bo)).map(({ from, text }) => [from, text])).toEqual([
      [ann.address, "still among us"],
      [eve.address, "still Eve"],
    ]);
  });

  it("cannot tell anybody of it, nor of one that the reader is not in", async () => {
    const { ann, cy, eve, definition, vaults } = await scene();
    const news: unknown[] = [];
    cy.listen((item) => news.push(item));
    await eve.send(cy.address, "hello");
    expect((await readAll(cy)).map(({ text }) => text).sort()).toEqual(["among us", "hello"]);
    expect(news).toHaveLength(1);
    const [, , { token, relay: origin } = { token: "", relay: "" }] = definition.members;
    const reach = { token, relay: origin };
    const addresses = definition.members.map(({ address }) => address);
    const strangers = await Promise.all([1, 2].map(() => person(relay().origin)));
    const others = [eve, ...strangers].map((device) => ({ address: parseAddress(device.address), ...reach }));
    const anew = (members: ConversationDefinition["members"]): Content => ({
      kind: "conversation",
      octets: encodeDefinition(defineConversation(members, randomBytes(16))),
    });
    await sealRaw(vaults.eve, cy, anew(addresses.map((address) => ({ address, ...reach }))));
    await sealRaw(vaults.eve, cy, anew(others as ConversationDefinition["members"]));
    await sealRaw(vaults.eve, cy, { kind: "conversation", octets: randomBytes(300) });
    expect(await readAll(cy)).toEqual([]);
    expect(news).toHaveLength(1);
    expect(cy.conversations().map(({ people }) => people.includes(ann.address))).toEqual([true]);
  });

  it("cannot change where a member is reached by making a conversation with both", async () => {
    const { bo, cy, eve, definition, vaults } = await scene();
    const addressOf = (device: Device) => {
      const address = parseAddress(device.address);
      if (address === undefined) throw new Error("no address");
      return address;
    };
    const [{ token } = { token: "" }] = definition.members;
    const members = [bo, cy, eve].map((device) => ({
      address: addressOf(device),
      token,
      relay: "http://127.0.0.1:9",
    }));
    const octets = encodeDefinition(defineConversation(members, randomBytes(16)));
    await sealRaw(vaults.eve, bo, { kind: "conversation", octets });
    await readAll(bo);
    expect(bo.conversations()).toHaveLength(2);
    expect((await bo.send(cy.address, "the way I know")).state).toBe("held");
  });
});
