import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { openFounding } from "../../src/client/channel/founding-envelope.ts";
import { LOOK_AHEAD } from "../../src/client/channel/limits.ts";
import { getPrivateKey } from "../../src/client/channel/pool.ts";
import { firstChainKey } from "../../src/client/channel/ratchet.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { type Actor, actor, copyOf, opened, START, seal } from "../client/channel/scene.ts";
import { expandable, octetsOf, quickExpand, quickExtract, quickStep, wordsOf } from "./quick-hkdf.ts";
import { littleEndianWords, looksPadded } from "./quick-xchacha.ts";
import { mark, type Seen, Thief } from "./thief.ts";

/** Two people and all that passes between them. */
class Meeting {
  readonly ann: Actor;
  readonly bo: Actor;
  readonly #sent: Seen[] = [];
  readonly #published: Uint8Array[];

  constructor(ann: Actor, bo: Actor) {
    this.ann = ann;
    this.bo = bo;
    this.#published = [...ann.pool, ...bo.pool].map(({ publicKey }) => publicKey);
  }

  static async of(keys = 2): Promise<Meeting> {
    return new Meeting(await actor(keys), await actor(keys));
  }

  /** @returns the envelopes that bo is to open */
  async send(name: string, now = START): Promise<Uint8Array[]> {
    return this.#seal(this.ann, this.bo, name, now);
  }

  async answer(name: string, now = START): Promise<void> {
    for (const bytes of await this.#seal(this.bo, this.ann, name, now)) {
      const { message } = await opened(this.ann, bytes, now);
      if (message.head.nextKey !== undefined) this.#published.push(message.head.nextKey.publicKey);
    }
  }

  async sendAll(names: readonly string[]): Promise<Uint8Array[]> {
    const all: Uint8Array[] = [];
    for (const name of names) all.push(...(await this.send(name)));
    return all;
  }

  async read(envelopes: readonly Uint8Array[], now = START): Promise<void> {
    for (const envelope of envelopes) await opened(this.bo, envelope, now);
  }

  async #seal(from: Actor, to: Actor, name: string, now: number): Promise<Uint8Array[]> {
    const bytes = (await seal(from, to, mark(name), { now })).map((sealed) => sealed.bytes);
    this.#sent.push(
      ...bytes.map((octets) => ({
        octets,
        from: from.identity.address.text,
        to: to.identity.address.text,
        at: now,
      })),
    );
    return bytes;
  }

  /** What a thief of these values reads of the newest so many envelopes: `name: way`. */
  async robbed(values: readonly Uint8Array[], newest = this.#sent.length, longest = this.#sent.length) {
    const thief = new Thief({
      envelopes: this.#sent.slice(-newest),
      publicKeys: this.#published,
      longest,
    });
    return (await thief.rob(values)).map(({ text, way }) => `${text}: ${way}`).sort();
  }
}

function valuesOf({ vault }: Actor): Uint8Array[] {
  return vault.list("").map(([, value]) => value);
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

describe("the thief's own arithmetic", () => {
  it("steps as HKDF does", () => {
    const info = utf8ToBytes("restante/step/1");
    let chainKey = randomBytes(32);
    const out = wordsOf(concatBytes(chainKey, new Uint8Array(48)));
    for (let i = 0; i < 20; i++) {
      quickStep(out, out);
      const expected = hkdf(sha256, chainKey, undefined, info, 80);
      expect(octetsOf(out)).toEqual(expected);
      chainKey = expected.slice(0, 32);
    }
  });

  it("expands as HKDF does", () => {
    for (const length of [0, 21, 54, 55, 100, 199]) {
      const [key, info] = [randomBytes(32), randomBytes(length)];
      quickExtract(wordsOf(key));
      expect(octetsOf(quickExpand(expandable(info)))).toEqual(hkdf(sha256, key, undefined, info, 32));
    }
  });

  it("sees padding where XChaCha20 has it, and hardly ever elsewhere", () => {
    for (const [length, size] of [
      [0, 66],
      [1000, 1991],
      [1989, 1991],
      [300, 657],
    ] as const) {
      const [key, nonce] = [randomBytes(32), randomBytes(24)];
      const padded = concatBytes(
        Uint8Array.of(length >> 8, length & 0xff),
        randomBytes(length),
        new Uint8Array(size - length - 2),
      );
      const octets = xchacha20poly1305(key, nonce).encrypt(padded).slice(0, -16);
      const ciphertext = { nonce: littleEndianWords(nonce), octets };
      expect(looksPadded(littleEndianWords(key), ciphertext)).toBe(true);
      const others = Array.from({ length: 1000 }, () =>
        looksPadded(littleEndianWords(randomBytes(32)), ciphertext),
      );
      expect(others.filter(Boolean).length).toBeLessThan(20);
    }
  });
});

describe("a thief of a vault as it was before opening", () => {
  it("reads what is founded on a one-time key, and all that follows on that channel", async () => {
    const meeting = await Meeting.of();
    await meeting.sendAll(names("text ", 3));
    expect(await meeting.robbed(valuesOf(meeting.bo))).toEqual([
      "text 0: private key",
      "text 1: private key",
      "text 2: private key",
    ]);
  });

  it("reads what is founded on the last-resort key, even after it was opened", async () => {
    const meeting = await Meeting.of(0);
    await meeting.read(await meeting.sendAll(["first"]));
    expect(await meeting.robbed(valuesOf(meeting.bo))).toEqual(["first: private key"]);
  });

  it("reads what is founded on a key that a text carried", async () => {
    const meeting = await Meeting.of(1);
    await meeting.read(await meeting.sendAll(["first"]));
    await meeting.answer("founding without room");
    await meeting.answer("carries a key");
    await meeting.read(await meeting.send("before the day is over"));
    const copy = await copyOf(meeting.bo);
    await meeting.read(await meeting.send("on the carried key", START + DAY), START + DAY);
    const robbed = await meeting.robbed(valuesOf(copy));
    expect(robbed.filter((read) => read.startsWith("on the"))).toEqual(["on the carried key: private key"]);
    expect(robbed.filter((read) => read.startsWith("before"))).toEqual([]);
  });

  it("reads with the keys of the look-ahead", async () => {
    const meeting = await Meeting.of();
    await meeting.read(await meeting.send("first"));
    await meeting.sendAll(names("text ", 4));
    expect(await meeting.robbed(valuesOf(meeting.bo))).toEqual(
      names("text ", 4).map((text) => `${text}: message key`),
    );
  });

  it("reads with the keys kept for a gap", async () => {
    const meeting = await Meeting.of();
    const sent = await meeting.sendAll(names("text ", 4));
    await meeting.read(sent.filter((_, i) => i === 0 || i === 3));
    expect(await meeting.robbed(valuesOf(meeting.bo))).toEqual([
      "text 1: message key",
      "text 2: message key",
    ]);
  });

  it("reads with the chain key what lies beyond the look-ahead", async () => {
    const meeting = await Meeting.of();
    await meeting.read(await meeting.send("first"));
    const [copy, founders] = [await copyOf(meeting.bo), await copyOf(meeting.ann)];
    await meeting.read(await meeting.sendAll(names("near ", LOOK_AHEAD)));
    await meeting.answer("that came");
    await meeting.read(await meeting.sendAll(names("far ", 3)));
    const far = names("far ", 3).map((text) => `${text}: chain key`);
    expect(await meeting.robbed(valuesOf(copy), 3, 10)).toEqual(far);
    // The founder's own copy has the chain key of the channel's beginning.
    expect(await meeting.robbed(valuesOf(founders), 3)).toEqual(far);
  });
});

describe("a thief of keys that a vault must not have", () => {
  it("reads with a founding's secret, a first chain key or a message key, in octets or base64url in JSON", async () => {
    const meeting = await Meeting.of();
    const [founding = new Uint8Array()] = await meeting.sendAll(names("text ", 2));
    const key = getPrivateKey(meeting.bo.vault, founding.slice(1, 17), START);
    const recipient = meeting.bo.identity.address;
    const inside = key && (await openFounding(founding, recipient, key));
    if (inside === undefined) throw new Error("not opened");
    const { secret } = inside.founding;
    const chainKey = firstChainKey(secret, inside.statement);
    const both = (way: string) => [`text 0: ${way}`, `text 1: ${way}`];
    for (const [kept, read] of [
      [secret, both("founding's secret")],
      [chainKey, both("chain key")],
      [inside.first.nextChainKey, ["text 1: chain key"]],
      [inside.first.messageKey, ["text 0: message key"]],
    ] as const) {
      expect(await meeting.robbed([concatBytes(randomBytes(7), kept, randomBytes(9))])).toEqual(read);
      const json = JSON.stringify({ a: "of no use", b: Buffer.from(kept).toString("base64url") });
      expect(await meeting.robbed([utf8ToBytes(json)])).toEqual(read);
    }
  });

  it("reads nothing with nothing of use", async () => {
    const meeting = await Meeting.of();
    await meeting.read(await meeting.sendAll(names("text ", 3)));
    expect(await meeting.robbed([randomBytes(500), utf8ToBytes("a".repeat(500))])).toEqual([]);
    expect(await meeting.robbed(valuesOf(meeting.bo))).toEqual([]);
  });
});
