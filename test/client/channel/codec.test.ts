import { randomBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conversationOf } from "../../../src/client/channel/conversation.ts";
import {
  channelStatement,
  decodeFounding,
  encodeFounding,
  FOUNDING_SIZE,
  verifyFounding,
} from "../../../src/client/channel/founding.ts";
import { openMessage, sealMessage } from "../../../src/client/channel/message.ts";
import { pad, unpad } from "../../../src/client/channel/padding.ts";
import { step } from "../../../src/client/channel/ratchet.ts";
import { actor, flip } from "./scene.ts";

describe("padding", () => {
  it("comes off as it went on", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(200), (content, more) => {
        expect(unpad(pad(content, content.length + 2 + more))).toEqual(content);
      }),
    );
  });

  it("is refused with anything in it, or a length that points outside", () => {
    const padded = pad(Uint8Array.of(1, 2, 3), 64);
    for (let at = 5; at < 64; at++) expect(unpad(flip(padded, at))).toBeUndefined();
    expect(unpad(padded.with(1, 63))).toBeUndefined();
    expect(unpad(padded.with(1, 2))).toBeUndefined();
    expect(unpad(new Uint8Array(1))).toBeUndefined();
    expect(() => pad(new Uint8Array(63), 64)).toThrow(RangeError);
  });
});

describe("a founding's plaintext", () => {
  const founding = async (jurisdiction: string, previous: boolean) => {
    const { identity } = await actor(0, 0, jurisdiction);
    const claims = {
      secret: randomBytes(32),
      founder: identity.address,
      created: Date.now(),
      ...(previous ? { previous: { channelId: randomBytes(32), sealed: 7 } } : {}),
    };
    return { ...claims, signature: randomBytes(64) };
  };

  it("reads back as it was written, always in 198 octets", async () => {
    for (const jurisdiction of ["", "eu", "fedrampx"])
      for (const previous of [true, false]) {
        const value = await founding(jurisdiction, previous);
        const bytes = encodeFounding(value);
        expect(bytes.length).toBe(FOUNDING_SIZE);
        expect(decodeFounding(bytes)).toEqual(value);
      }
  });

  it("has one form, and no other length", async () => {
    const bytes = encodeFounding(await founding("eu", true));
    const without = encodeFounding(await founding("", false));
    for (let at = 32; at < 126; at++) {
      const changed = decodeFounding(flip(bytes, at));
      if (changed !== undefined) expect(encodeFounding(changed)).toEqual(flip(bytes, at));
    }
    // Nothing hides where the address or the previous channel would be.
    for (let at = 76; at < 126; at++)
      if (at !== 85) expect(decodeFounding(flip(without, at)), String(at)).toBeUndefined();
    expect(decodeFounding(bytes.slice(1))).toBeUndefined();
    expect(decodeFounding(Uint8Array.of(...bytes, 0))).toBeUndefined();
  });

  it("is signed over every field, the recipient and the key", async () => {
    const one = await actor(0);
    const two = await actor(0);
    const key = randomBytes(32);
    const claims = { secret: randomBytes(32), founder: one.identity.address, created: 5 };
    const signature = one.identity.sign(channelStatement(claims, two.identity.address, key));
    const holds = (
      change: Partial<Parameters<typeof channelStatement>[0]>,
      recipient = two.identity.address,
      hash = key,
    ) => {
      const changed = { ...claims, ...change };
      return verifyFounding({ ...changed, signature }, channelStatement(changed, recipient, hash));
    };
    expect(await holds({})).toBe(true);
    expect(await holds({ secret: randomBytes(32) })).toBe(false);
    expect(await holds({ founder: two.identity.address })).toBe(false);
    expect(await holds({ created: 6 })).toBe(false);
    expect(await holds({ previous: { channelId: new Uint8Array(32), sealed: 0 } })).toBe(false);
    expect(await holds({}, one.identity.address)).toBe(false);
    expect(await holds({}, two.identity.address, randomBytes(32))).toBe(false);
  });
});

describe("a sealed message", () => {
  const key = step(randomBytes(32));
  const content = randomBytes(100);

  it("opens under its key, tag and size alone", () => {
    const sealed = sealMessage(key, content, 400, 2048);
    expect(sealed.length).toBe(400);
    expect(openMessage(key, sealed, 2048)).toEqual(content);
    expect(openMessage(key, sealed, 4096)).toBeUndefined();
    expect(openMessage({ ...key, tag: randomBytes(16) }, sealed, 2048)).toBeUndefined();
    expect(openMessage(step(key.nextChainKey), sealed, 2048)).toBeUndefined();
  });

  it("is refused with any bit changed or any end cut off", () => {
    const sealed = sealMessage(key, content, 400, 2048);
    for (let at = 0; at < sealed.length; at++)
      expect(openMessage(key, flip(sealed, at), 2048)).toBeUndefined();
    for (let end = 0; end < sealed.length; end += 13)
      expect(openMessage(key, sealed.slice(0, end), 2048)).toBeUndefined();
  });
});

describe("a conversation of two", () => {
  it("has one name at both ends, and another with anybody else", async () => {
    const [a, b, c] = (await Promise.all([actor(0), actor(0), actor(0, 0, "eu")])).map(
      ({ identity }) => identity.address,
    );
    if (a === undefined || b === undefined || c === undefined) throw new Error("three expected");
    expect(conversationOf(a, b)).toEqual(conversationOf(b, a));
    expect(conversationOf(a, b).conversation).not.toEqual(conversationOf(a, c).conversation);
    expect(conversationOf(a, b).members).not.toEqual(conversationOf(c, b).members);
  });
});
