import { describe, expect, it } from "vitest";
import { getIncoming } from "../../../src/client/channel/incoming.ts";
import { CHANNEL_MESSAGES, LOOK_AHEAD, MAX_LIVE_CHANNELS } from "../../../src/client/channel/limits.ts";
import { sealMessage } from "../../../src/client/channel/message.ts";
import {
  closeOutgoing,
  getOutgoing,
  noteDelivered,
  noteFoundingHeld,
} from "../../../src/client/channel/outgoing.ts";
import { dropKeys, makePool } from "../../../src/client/channel/pool.ts";
import { step } from "../../../src/client/channel/ratchet.ts";
import type { SealedEnvelope } from "../../../src/client/channel/sealing.ts";
import { forgetChannels, sweepChannels } from "../../../src/client/channel/sweeping.ts";
import { encodePlaintext } from "../../../src/client/channel/text.ts";
import { encodeEnvelope } from "../../../src/protocol/envelope.ts";
import { DAY, KEY_KEPT, MAX_ONE_TIME_KEYS } from "../../../src/protocol/limits.ts";
import { keyId, verifyOneTimeKey } from "../../../src/protocol/one-time-key.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  claim,
  copyOf,
  entriesOf,
  flip,
  open,
  opened,
  START,
  seal,
  sealOne,
  trySeal,
  WEEK,
} from "./scene.ts";

const HOUR = DAY / 24;
const sweep = (device: Actor, now: number) => device.vault.transaction((draft) => sweepChannels(draft, now));
const tagsOf = (device: Actor) => device.vault.list("tag/").length;

describe("a channel", () => {
  it("carries texts one after another without a key, each in its own envelope", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const tags = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const envelope = await sealOne(ann, bo, `text ${i}`);
      tags.add(String(envelope.bytes.slice(1, 17)));
      expect(envelope.bytes.length).toBe(2048);
      const { plaintext } = await opened(bo, envelope);
      expect(plaintext).toMatchObject({ body: `text ${i}`, counter: i + 2, sentAt: START });
    }
    expect(tags.size).toBe(20);
  });

  it("pads to the size class: texts of one class look alike", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    for (const [length, size] of [
      [0, 2048],
      [1800, 2048],
      [2000, 4096],
      [40_000, 65_536],
      [65_300, 65_536],
    ] as const) {
      const { bytes } = await sealOne(ann, bo, "a".repeat(length));
      expect(bytes.length).toBe(size);
      expect((await bodyOf(bo, bytes)).length).toBe(length);
    }
  });

  it("recognises a double, and a stolen vault cannot open what was opened", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const envelope = await sealOne(ann, bo, "once");
    await opened(bo, envelope);
    const before = entriesOf(bo);
    expect(await open(bo, envelope)).toEqual({ outcome: "double" });
    expect(entriesOf(bo)).toEqual(before);
    const thief = await copyOf(bo);
    await thief.vault.transaction((draft) => {
      for (const [name] of draft.list("opened/")) draft.delete(name);
    });
    expect(await open(thief, envelope)).toEqual({ outcome: "unknown" });
  });

  it("leaves nothing in the founder's vault that opens what it sealed", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const before = ann.vault.get(`channel/out/${bo.identity.address.text}`);
    const envelope = await sealOne(ann, bo, "gone");
    const after = ann.vault.get(`channel/out/${bo.identity.address.text}`);
    expect(after).not.toEqual(before);
    const thief = await copyOf(ann, bo.identity);
    expect(await open(thief, envelope)).toEqual({ outcome: "unknown" });
  });

  it("refuses a changed message, changes nothing, and still opens the true one", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const { bytes } = await sealOne(ann, bo, "true");
    const before = entriesOf(bo);
    for (let at = 17; at < bytes.length; at += 97)
      expect((await open(bo, flip(bytes, at))).outcome).toBe("refused");
    for (let at = 1; at < 17; at++) expect((await open(bo, flip(bytes, at))).outcome).toBe("unknown");
    for (const other of [bytes.slice(0, 2047), flip(bytes, 0), new Uint8Array()])
      expect((await open(bo, other)).outcome).toBe("refused");
    const longer = new Uint8Array(4096);
    longer.set(bytes);
    expect((await open(bo, longer)).outcome).toBe("refused");
    expect(entriesOf(bo)).toEqual(before);
    expect(await bodyOf(bo, bytes)).toBe("true");
  });

  it("is nobody else's: not another device's, not the founder's own", async () => {
    const [ann, bo, eve] = [await actor(), await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(ann, eve);
    const envelope = await sealOne(ann, bo, "for Bo");
    expect((await open(eve, envelope)).outcome).toBe("unknown");
    expect((await open(ann, envelope)).outcome).toBe("unknown");
  });

  it("refuses a text of another conversation, or one that is no text", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const { chainKey } =
      (await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text))) ?? {};
    if (chainKey === undefined) throw new Error("no channel");
    const keys = step(chainKey);
    const foreign = encodePlaintext({
      kind: "text",
      sentAt: START,
      id: new Uint8Array(16),
      conversation: new Uint8Array(16),
      members: new Uint8Array(32),
      counter: 1,
      revocable: false,
      body: "psst",
    });
    const before = entriesOf(bo);
    for (const plaintext of [foreign, new Uint8Array(), Uint8Array.of(9)]) {
      const bytes = encodeEnvelope(keys.tag, sealMessage(keys, plaintext, 2048 - 17, 2048));
      expect(await open(bo, bytes)).toEqual({ outcome: "refused" });
    }
    expect(entriesOf(bo)).toEqual(before);
  });

  it("changes a handful of entries for a text, however long its look-ahead", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const changes = async (device: Actor, change: () => Promise<unknown>) => {
      const before = entriesOf(device);
      await change();
      const after = entriesOf(device);
      return [...before, ...after].filter((entry) => before.includes(entry) !== after.includes(entry)).length;
    };
    let envelope: Uint8Array | undefined;
    expect(await changes(ann, async () => (envelope = (await sealOne(ann, bo, "hi")).bytes))).toBe(2);
    // One tag gone, one new, one mark of a double; the channel's own entry before and after.
    expect(await changes(bo, () => opened(bo, envelope ?? new Uint8Array()))).toBe(5);
    expect(tagsOf(bo)).toBe(LOOK_AHEAD);
  });
});

describe("gaps", () => {
  it("keep a key for each message that did not come, until the longest TTL is over", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const skipped = [await sealOne(ann, bo, "one"), await sealOne(ann, bo, "two")];
    await opened(bo, await sealOne(ann, bo, "three"), START + HOUR);
    const [one, two] = skipped;
    if (one === undefined || two === undefined) throw new Error("two expected");
    const end = START + HOUR + WEEK * 1000;
    await sweep(bo, end - 1);
    expect(await bodyOf(bo, two, end - 1)).toBe("two");
    expect(await open(bo, one, end)).toEqual({ outcome: "unknown" });
    const before = tagsOf(bo);
    await sweep(bo, end);
    expect(tagsOf(bo)).toBe(before - 1);
    expect(await bo.vault.transaction((draft) => getIncoming(draft, one.channelId, end)?.kept)).toBe(0);
  });

  it("never hold a chain key from which another message's key follows", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const chain = async () =>
      (await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text)))?.chainKey;
    const past = [await chain()];
    for (let i = 0; i < 5; i++) {
      await sealOne(ann, bo, "lost");
      past.push(await chain());
    }
    await opened(bo, await sealOne(ann, bo, "found"));
    const values = Buffer.concat(bo.vault.list("").map(([, value]) => value));
    for (const key of past) {
      if (key === undefined) throw new Error("no chain key");
      expect(values.includes(Buffer.from(key))).toBe(false);
      expect(values.includes(Buffer.from(step(key).messageKey))).toBe(key !== past[5]);
    }
  });

  it("of any size leave every later message openable", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const sealed: SealedEnvelope[] = [];
    for (let i = 0; i < 2 * LOOK_AHEAD; i++) sealed.push(...(await seal(ann, bo, `text ${i}`)));
    // Only foundings and the very last of each channel arrive.
    const founding = sealed.filter(({ position }) => position === 0);
    expect(founding.length).toBe(1);
    for (const envelope of founding) await opened(bo, envelope);
    const lastOf = (id: Uint8Array) => sealed.findLast(({ channelId }) => String(channelId) === String(id));
    const [first, last] = [sealed[0], sealed.at(-1)];
    if (first === undefined || last === undefined) throw new Error("none sealed");
    const end = lastOf(first.channelId);
    expect(end?.position).toBe(LOOK_AHEAD);
    expect(await bodyOf(bo, end?.bytes ?? new Uint8Array())).toBe(`text ${LOOK_AHEAD - 1}`);
    expect(await bodyOf(bo, last)).toBe(`text ${2 * LOOK_AHEAD - 1}`);
    for (const envelope of sealed) expect((await open(bo, envelope)).outcome).not.toBe("unknown");
  });
});

describe("a channel's end", () => {
  it("comes after a day of use, and a new one follows the old", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    expect((await trySeal(ann, bo, "late", { now: START + DAY - 1 })).outcome).toBe("sealed");
    expect(await trySeal(ann, bo, "later", { now: START + DAY })).toEqual({ outcome: "key-needed" });
    expect(await trySeal(ann, bo, "earlier", { now: START - 1 })).toEqual({ outcome: "key-needed" });
    const envelope = await sealOne(ann, bo, "next day", { now: START + DAY });
    const result = await opened(bo, envelope, START + DAY);
    expect(result).toMatchObject({ position: 0, founderLostState: false });
    expect(result.plaintext).toMatchObject({ counter: 3 });
  });

  it("comes after 1,000 messages", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    for (let i = 1; i < CHANNEL_MESSAGES; i++) {
      const envelope = await sealOne(ann, bo, "x");
      expect(envelope.position).toBe(i);
      await opened(bo, envelope);
      await ann.vault.transaction((draft) =>
        noteDelivered(draft, bo.identity.address, envelope.channelId, envelope.position),
      );
    }
    expect(tagsOf(bo)).toBe(0);
    expect((await trySeal(ann, bo, "x")).outcome).toBe("key-needed");
  });

  it("comes before the recipient could miss a tag, unless it is known to have got further", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    for (let i = 0; i < LOOK_AHEAD; i++) expect((await sealOne(ann, bo, "x")).position).toBe(i + 1);
    expect((await trySeal(ann, bo, "x")).outcome).toBe("key-needed");
    await opened(bo, founding);
    const reach = (position: number) =>
      ann.vault.transaction((draft) =>
        noteDelivered(draft, bo.identity.address, founding.channelId, position),
      );
    await reach(1);
    const far = await sealOne(ann, bo, "far");
    expect(far.position).toBe(LOOK_AHEAD + 1);
    expect((await trySeal(ann, bo, "x")).outcome).toBe("key-needed");
    // Nobody has what was not sealed yet.
    await reach(CHANNEL_MESSAGES * 2);
    expect((await sealOne(ann, bo, "x")).position).toBe(LOOK_AHEAD + 2);
  });

  it("does not close an older one: what was sealed on it still opens, after a newer founding", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const old = await sealOne(ann, bo, "old", { now: START + HOUR });
    await opened(bo, await sealOne(ann, bo, "new", { now: START + DAY }), START + DAY);
    expect(await bodyOf(bo, old, START + HOUR + WEEK * 1000 - 1)).toBe("old");
  });

  it("takes its keys out of both vaults", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await sweep(ann, START + DAY);
    const out = await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text));
    expect(out).toMatchObject({ chainKey: undefined, next: 1 });
    await sweep(bo, START + DAY + WEEK * 1000 - 1);
    expect(tagsOf(bo)).toBe(LOOK_AHEAD);
    await sweep(bo, START + DAY + WEEK * 1000);
    expect(tagsOf(bo)).toBe(0);
    expect(bo.vault.list("channel/in/")).toEqual([]);
    expect(bo.vault.list("opened/")).toEqual([]);
    expect(bo.vault.list("key/").length).toBe(4);
    await sweep(bo, START + KEY_KEPT);
    expect(bo.vault.list("key/")).toEqual([]);
  });
});

describe("until the peer has answered", () => {
  it("no envelope outlives the founding's, and a new one is founded when less than half is left", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await sealOne(ann, bo, "hello");
    const later = await sealOne(ann, bo, "more", { now: START + 5 * HOUR });
    expect(later.ttlSeconds).toBe(WEEK - 5 * 3600);
    const short = await sealOne(ann, bo, "short", { now: START + 5 * HOUR, ttlSeconds: 60 });
    expect(short.ttlSeconds).toBe(60);
  });

  it("a relay that held the founding for a shorter time bounds what follows", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    const held = (until: number) =>
      ann.vault.transaction((draft) =>
        noteFoundingHeld(draft, bo.identity.address, founding.channelId, until),
      );
    await held(START + 10 * HOUR);
    await held(START + 20 * HOUR);
    expect((await sealOne(ann, bo, "x", { now: START + 5 * HOUR })).ttlSeconds).toBe(5 * 3600);
    expect((await trySeal(ann, bo, "x", { now: START + 6 * HOUR })).outcome).toBe("key-needed");
    expect((await sealOne(ann, bo, "x", { now: START + 6 * HOUR, ttlSeconds: 60 })).ttlSeconds).toBe(60);
    expect((await trySeal(ann, bo, "x", { now: START + 10 * HOUR })).outcome).toBe("key-needed");
  });

  it("and once a text of the peer's names the channel, every TTL is granted", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "hello");
    await opened(bo, founding);
    await opened(bo, await sealOne(ann, bo, "again"));
    const answer = await sealOne(bo, ann, "hi");
    expect((await opened(ann, answer)).plaintext.heard).toEqual({
      channelId: founding.channelId,
      reached: 1,
    });
    const later = await sealOne(ann, bo, "more", { now: START + 5 * HOUR });
    expect(later.ttlSeconds).toBe(WEEK);
    const out = await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text));
    expect(out).toMatchObject({ answered: true, reached: 1 });
  });

  it("an answer that names an older channel does not count", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const answer = await sealOne(bo, ann, "hi");
    await sealOne(ann, bo, "new", { now: START + DAY });
    await opened(ann, answer, START + DAY);
    const out = await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text));
    expect(out).toMatchObject({ answered: false, reached: 0 });
  });
});

describe("a device that lost its state", () => {
  it("says so in its next founding, and the peer founds anew", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    await ann.vault.transaction((draft) => forgetChannels(draft));
    expect(ann.vault.list("")).toEqual([]);
    const again = await sealOne(ann, bo, "it is me", { now: START + 1 });
    expect(await opened(bo, again, START + 1)).toMatchObject({ founderLostState: true });
    expect((await trySeal(bo, ann, "hi", { now: START + 2 })).outcome).toBe("key-needed");
  });

  it("is not what an older founding that came late means", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(bo, ann);
    const first = await sealOne(ann, bo, "first");
    const second = await sealOne(ann, bo, "second", { now: START + DAY });
    await opened(bo, second, START + DAY);
    expect(await opened(bo, first, START + DAY)).toMatchObject({ founderLostState: false });
    const { plaintext } = await opened(ann, await sealOne(bo, ann, "hi", { now: START + 5 }), START + DAY);
    expect(plaintext.heard?.channelId).toEqual(second.channelId);
  });

  it("can be told of a founding that never arrived: the next text founds anew and names it", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await sealOne(ann, bo, "refused by the mailbox");
    await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
    expect((await trySeal(ann, bo, "x")).outcome).toBe("key-needed");
    expect(await opened(bo, await sealOne(ann, bo, "x"))).toMatchObject({ founderLostState: false });
  });
});

describe("one founder", () => {
  it("may have 64 channels open at a time, and more when the first have ended", async () => {
    const [ann, bo] = [await actor(), await actor(63)];
    bo.pool.push(...(await bo.vault.transaction((draft) => makePool(draft, bo.identity, START, 8))));
    const fresh = async (now: number) => {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      return sealOne(ann, bo, "x", { now });
    };
    for (let i = 0; i < MAX_LIVE_CHANNELS; i++) await opened(bo, await fresh(START));
    const beyond = await fresh(START);
    const before = entriesOf(bo);
    expect(await open(bo, beyond)).toEqual({ outcome: "refused" });
    expect(entriesOf(bo)).toEqual(before);
    const cy = await actor();
    expect((await open(bo, await sealOne(cy, bo, "hello"))).outcome).toBe("opened");
    expect((await open(bo, beyond, START + DAY + WEEK * 1000)).outcome).toBe("opened");
  }, 30_000);

  it("can make 1,000 keys be kept: beyond it the oldest go", async () => {
    const [ann, bo] = [await actor(), await actor(40)];
    const sealed: Uint8Array[] = [];
    for (let channel = 0; channel < 10; channel++) {
      await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
      await opened(bo, await sealOne(ann, bo, "founding"));
      for (let i = 0; i < LOOK_AHEAD - 1; i++) sealed.push((await sealOne(ann, bo, "skipped")).bytes);
      await opened(bo, await sealOne(ann, bo, "last"));
    }
    const outcomes = [];
    for (const bytes of sealed) outcomes.push((await open(bo, bytes)).outcome);
    const kept = 1000;
    expect(outcomes.slice(0, -kept).every((outcome) => outcome === "unknown")).toBe(true);
    expect(outcomes.slice(-kept).every((outcome) => outcome === "opened")).toBe(true);
    // Keys that were used make room again.
    await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
    await opened(bo, await sealOne(ann, bo, "founding"));
    const skipped = await sealOne(ann, bo, "skipped");
    await opened(bo, await sealOne(ann, bo, "last"));
    expect(await bodyOf(bo, skipped)).toBe("skipped");
  }, 60_000);
});

describe("a pool", () => {
  it("is signed keys that verify, the last of them last-resort, their halves in the vault alone", async () => {
    const bo = await actor(5);
    expect(bo.pool.map(({ lastResort }) => lastResort)).toEqual([false, false, false, false, false, true]);
    for (const key of bo.pool) expect(verifyOneTimeKey(bo.identity.address, key, START)).toBe(true);
    expect(bo.vault.list("key/").length).toBe(6);
    await expect(
      bo.vault.transaction((d) => makePool(d, bo.identity, START, MAX_ONE_TIME_KEYS)),
    ).rejects.toThrow(RangeError);
  });

  it("replaced by another still opens what was founded on it, unless the relay says a key was unclaimed", async () => {
    const [ann, cy, bo] = [await actor(), await actor(), await actor()];
    const [one, two, three] = [claim(bo), claim(bo), claim(bo)];
    const held = await sealOne(ann, bo, "held", { claimed: one });
    const late = await sealOne(cy, bo, "late", { claimed: two });
    bo.pool = await bo.vault.transaction((draft) => makePool(draft, bo.identity, START + DAY, 4));
    expect(bo.vault.list("key/").length).toBe(10);
    await bo.vault.transaction((draft) => dropKeys(draft, [keyId(two.publicKey), keyId(three.publicKey)]));
    expect(await bodyOf(bo, held, START + DAY)).toBe("held");
    expect(await open(bo, late, START + DAY)).toEqual({ outcome: "unknown" });
  });
});
