import { describe, expect, it } from "vitest";
import { CHANNEL_MESSAGES, LOOK_AHEAD } from "../../../src/client/channel/limits.ts";
import {
  closeOutgoing,
  getOutgoing,
  noteDelivered,
  noteFoundingHeld,
} from "../../../src/client/channel/outgoing.ts";
import { forgetChannels, sweepChannels } from "../../../src/client/channel/sweeping.ts";
import { DAY, KEY_KEPT } from "../../../src/protocol/limits.ts";
import { type Actor, acquainted, actor, bodyOf, opened, START, sealOne, trySeal, WEEK } from "./scene.ts";

const HOUR = DAY / 24;
const sweep = (device: Actor, now: number) => device.vault.transaction((draft) => sweepChannels(draft, now));
const tagsOf = (device: Actor) => device.vault.list("tag/").length;

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
    expect(result.message).toMatchObject({ counter: 3 });
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
    expect((await opened(ann, answer)).message.head.heard).toEqual({
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

describe("a founder", () => {
  it("whose clock was once far ahead is named again when that channel has ended", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(bo, ann);
    await opened(bo, await sealOne(ann, bo, "from the future", { now: START + 10 * DAY }));
    const later = START + 9 * DAY;
    const second = await sealOne(ann, bo, "second", { now: later });
    await opened(bo, second, later);
    const { message } = await opened(ann, await sealOne(bo, ann, "hi", { now: later }), later);
    expect(message.head.heard?.channelId).toEqual(second.channelId);
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
    const { message } = await opened(ann, await sealOne(bo, ann, "hi", { now: START + 5 }), START + DAY);
    expect(message.head.heard?.channelId).toEqual(second.channelId);
  });

  it("is also believed when its next founding comes first", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    await ann.vault.transaction((draft) => forgetChannels(draft));
    const news = await sealOne(ann, bo, "it is me", { now: START + 1 });
    const next = await sealOne(ann, bo, "and a day later", { now: START + DAY + 1 });
    expect(await opened(bo, next, START + DAY + 1)).toMatchObject({ founderLostState: false });
    expect(await opened(bo, news, START + DAY + 1)).toMatchObject({ founderLostState: true });
    expect((await trySeal(bo, ann, "hi", { now: START + DAY + 2 })).outcome).toBe("key-needed");
  });

  it("can be told of a founding that never arrived: the next text founds anew and names it", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await sealOne(ann, bo, "refused by the mailbox");
    await ann.vault.transaction((draft) => closeOutgoing(draft, bo.identity.address.text));
    expect((await trySeal(ann, bo, "x")).outcome).toBe("key-needed");
    expect(await opened(bo, await sealOne(ann, bo, "x"))).toMatchObject({ founderLostState: false });
  });
});
