import { randomBytes } from "@noble/hashes/utils.js";
import { beforeEach, describe, expect, it } from "vitest";
import { encodeMessage } from "../../src/client/channel/content.ts";
import {
  defineConversation,
  encodeDefinition,
  SALT_SIZE,
} from "../../src/client/conversations/definition.ts";
import { MAX_OF_ONE, MAX_OF_STRANGERS } from "../../src/client/conversations/unanswered.ts";
import { addErrand } from "../../src/client/errands.ts";
import { createIdentity } from "../../src/client/identity.ts";
import type { News } from "../../src/client/news.ts";
import { MAX_STRANGER_CHANNELS, MAX_STRANGERS } from "../../src/client/people/strangers.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { parseAddress } from "../../src/protocol/address.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { formatDeliveryToken } from "../../src/protocol/delivery-token.ts";
import { DAY, MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import type { OneTimeKeyJson } from "../../src/protocol/one-time-key.ts";
import { signingDevice } from "../client/people/signing-device.ts";
import { Cast, type Member } from "./cast.ts";
import { forgeFounding } from "./forging.ts";

const token = () => formatDeliveryToken({ rootVersion: 1, epoch: randomBytes(16), mac: randomBytes(32) });

describe("a crowd of strangers", () => {
  let cast: Cast;
  let bo: Member;
  let ann: Member;
  let dan: Member;
  const count = (prefix: string) => bo.vault.list(prefix).length;
  const octetsOf = (text: string) => decodeBase64url(text) ?? new Uint8Array();

  /** Ann, whose card Bo has, and Dan, who has Bo's. */
  beforeEach(async () => {
    cast = new Cast();
    [bo, ann] = (await cast.acquainted(2)) as [Member, Member];
    dan = await cast.join();
    await dan.device.add(bo.device.card());
  });

  /** So many new addresses write, each with how to answer it, and Bo reads. */
  async function crowd(size: number): Promise<void> {
    const to = { identity: { address: parseAddress(bo.address) as never } };
    for (let i = 0; i < size; i++) {
      // A pool is replaced when it is nearly used up.
      if (i % 14 === 0) await cast.read(bo);
      const identity = await createIdentity(new MemoryVault(), cast.relay.origin, "");
      const { publicKey, lastResort, expires, signature } = cast.relay.mailboxes.claim(
        bo.address,
      ) as OneTimeKeyJson;
      const key = { publicKey: octetsOf(publicKey), lastResort, expires, signature: octetsOf(signature) };
      const replyTo = { token: token(), relay: cast.relay.origin };
      const head = { sentAt: cast.relay.now, known: 0, replyTo };
      const envelope = await forgeFounding({ identity }, to, key, {
        plaintext: encodeMessage({ head, counter: 0, content: { kind: "bare" } }),
        claims: { secret: randomBytes(32), created: cast.relay.now },
      });
      const deposit = { envelope, ttlSeconds: MAX_TTL_SECONDS, key: undefined };
      cast.relay.mailboxes.deposit(bo.address, deposit, cast.relay.now);
    }
    await cast.read(bo);
  }

  it("leaves so many of them in the vault and no more, and none of those the owner has to do with", async () => {
    const cy = await cast.join();
    await cy.device.add(bo.device.card());
    for (const one of [ann, cy, dan]) await cast.write(one, bo, `first text of ${one.address}`);
    await cast.read(bo);
    await cast.write(bo, cy, "an answer, though never added");
    await cast.read(cy);

    await crowd(MAX_STRANGERS + 5);
    expect(count("channel/founder/")).toBe(MAX_STRANGERS + 2);
    expect(count("channel/in/")).toBe(MAX_STRANGERS + 2);
    expect(count("contact/")).toBe(MAX_STRANGERS + 2);
    const contacts = bo.device.contacts().map(({ address }) => address);
    expect(contacts).toEqual(expect.arrayContaining([ann.address, cy.address]));
    expect(contacts).not.toContain(dan.address);

    for (const one of [ann, cy, dan]) await cast.write(one, bo, `later text of ${one.address}`);
    expect(await cast.read(bo)).toEqual([ann, cy].map(({ address }) => `later text of ${address}`));
    // What was forgotten with a stranger heals with the next founding.
    cast.relay.now += DAY;
    await cast.write(dan, bo, "from the stranger, on the next day");
    expect(await cast.read(bo)).toEqual(["from the stranger, on the next day"]);
    await cast.write(bo, dan, "and an answer to it at last");
    expect(await cast.read(dan)).toEqual(["and an answer to it at last"]);
    cast.expectTruth();
  }, 60_000);

  it("in one address may have nine channels open, and who is known more", async () => {
    const found = async (by: Member, day: number) => {
      await by.vault.transaction((draft) => draft.delete(`channel/carried/${bo.address}`));
      await cast.write(by, bo, `text number ${day} of ${by.address}`);
      const { length } = await cast.read(bo);
      cast.relay.now += 1000;
      const [[name, octets] = ["", new Uint8Array()]] = by.vault.list("channel/out/");
      // Its day is over, says its own clock.
      const flags = (octets[0] ?? 0) & ~1;
      await by.vault.transaction((draft) => draft.put(name, octets.with(0, flags)));
      return length;
    };
    const read = [];
    for (let day = 0; day <= MAX_STRANGER_CHANNELS; day++)
      read.push([await found(dan, day), await found(ann, day)]);
    expect(read).toEqual([...Array(MAX_STRANGER_CHANNELS).fill([1, 1]), [0, 1]]);
  });
});

describe("conversations that somebody makes and the owner does not write in", () => {
  let cast: Cast;
  let bo: Member;
  let ann: Member;
  let dan: Member;
  beforeEach(async () => {
    cast = new Cast();
    [bo, ann] = (await cast.acquainted(2)) as [Member, Member];
    dan = await cast.join();
    await dan.device.add(bo.device.card());
  });
  const others = { token: token(), relay: "https://relay.test" };
  const conversations = () => bo.device.conversations().map(({ id }) => id);

  /** So many, each of the teller, Bo and somebody else. @returns their ids */
  async function tell(by: Member, count: number): Promise<string[]> {
    const news: News[] = [];
    const end = bo.device.listen((item) => news.push(item));
    await by.vault.transaction((draft) => {
      for (let i = 0; i < count; i++) {
        const people = [by.address, bo.address, signingDevice().address.text];
        const members = people.map((text) => ({ address: parseAddress(text) as never, ...others }));
        const octets = encodeDefinition(defineConversation(members, randomBytes(SALT_SIZE)));
        addErrand(draft, bo.address, { kind: "conversation", octets }, cast.relay.now);
      }
    });
    await cast.read(by);
    await cast.read(bo);
    end();
    expect(news.filter(({ kind }) => kind === "conversation")).toHaveLength(count);
    return news.flatMap((item) => (item.kind === "conversation" ? [item.id] : []));
  }

  it("are so many of all strangers, the oldest of them going first, with all that is only known from them", async () => {
    const [ofAnn = ""] = await tell(ann, 1);
    const ofDan = await tell(dan, MAX_OF_STRANGERS);
    const reaches = bo.vault.list("reach/").length;
    const eve = await cast.join();
    await eve.device.add(bo.device.card());
    const ofEve = await tell(eve, 3);
    expect(new Set(conversations())).toEqual(new Set([ofAnn, ...ofDan.slice(3), ...ofEve]));
    expect(bo.vault.list("reach/")).toHaveLength(reaches);
    expect(bo.vault.list("introduced/")).toHaveLength(1 + MAX_OF_STRANGERS);
  });

  it("are so many of one contact, who pushes out no other's", async () => {
    const ofDan = await tell(dan, 1);
    const ofAnn = await tell(ann, MAX_OF_ONE + 2);
    expect(new Set(conversations())).toEqual(new Set([...ofDan, ...ofAnn.slice(2)]));
  });

  it("stay for good once the owner wrote in them, or made them", async () => {
    const [answered = "", ...rest] = await tell(dan, 2);
    await bo.device.send(answered, "I am here too").catch(() => undefined);
    const made = await bo.device.createConversation([ann.address, dan.address]);
    const eve = await cast.join();
    await eve.device.add(bo.device.card());
    await tell(eve, MAX_OF_STRANGERS);
    await tell(dan, MAX_OF_ONE);
    expect(conversations()).toEqual(expect.arrayContaining([answered, made.id]));
    expect(conversations()).not.toContain(rest[0]);
  });

  it("reach the owner's other devices when a contact tells of them, or the owner writes in them", async () => {
    await tell(dan, 1);
    const tablet = await cast.linkTo(bo);
    const known = () => tablet.device.conversations().map(({ id }) => id);
    const ofAnn = await tell(ann, 1);
    const ofDan = await tell(dan, 2);
    await cast.settle(bo, tablet);
    expect(known()).toEqual(ofAnn);
    await bo.device.send(ofDan[1] ?? "", "I am here too");
    expect((await cast.settle(bo, tablet)).get(tablet)).toEqual(["I am here too"]);
    expect(new Set(known())).toEqual(new Set([...ofAnn, ofDan[1]]));
  });
});
