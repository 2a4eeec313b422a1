import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CHANNEL_MESSAGES, LOOK_AHEAD } from "../../../src/client/channel/limits.ts";
import { noteDelivered } from "../../../src/client/channel/outgoing.ts";
import type { SealedEnvelope } from "../../../src/client/channel/sealing.ts";
import { MAX_HELD_MESSAGES } from "../../../src/protocol/limits.ts";
import { type Actor, actor, open, opened, seal, sealOne } from "./scene.ts";

interface Arriving {
  readonly bytes: Uint8Array;
  readonly channel: string;
  readonly body: string;
}

function arriving(envelope: SealedEnvelope, body: string): Arriving {
  return { bytes: envelope.bytes, channel: String(envelope.channelId), body };
}

/** Hands everything over, and again what was set aside, until nothing more opens. */
async function drain(by: Actor, envelopes: readonly Arriving[]) {
  const times = new Map<Arriving, number>();
  let left = [...envelopes];
  for (let before = Number.POSITIVE_INFINITY; left.length < before; ) {
    before = left.length;
    const aside: Arriving[] = [];
    for (const envelope of left) {
      const result = await open(by, envelope.bytes);
      if (result.outcome === "unknown") aside.push(envelope);
      else if (result.outcome !== "opened") throw new Error(result.outcome);
      else {
        const { content } = result.message;
        expect(content.kind === "text" ? content.body : "").toBe(envelope.body);
        times.set(envelope, (times.get(envelope) ?? 0) + 1);
      }
    }
    left = aside;
  }
  return { times, unopened: left };
}

/** A seeded shuffle, so that a failure can be run again. */
function inAnyOrder<T>(items: readonly T[], seed: number): T[] {
  const [order = []] = fc.sample(fc.shuffledSubarray([...items.keys()], { minLength: items.length }), {
    numRuns: 1,
    seed,
  });
  return order.flatMap((i) => items[i] ?? []);
}

/** 1,000 texts to a device that does not answer, and what nobody told its sender has arrived. */
async function unanswered(seed: number) {
  const [ann, bo] = [await actor(), await actor(10)];
  const sealed: Arriving[] = [];
  for (let i = 0; i < MAX_HELD_MESSAGES; i++)
    for (const envelope of await seal(ann, bo, `text ${i}`)) sealed.push(arriving(envelope, `text ${i}`));
  return { bo, sealed, shuffled: inAnyOrder(sealed, seed) };
}

describe("a backlog of 1,000 texts that nobody answered", () => {
  it("spans eight channels, for a founder runs no further ahead than the other's tags reach", async () => {
    const { bo, sealed } = await unanswered(1);
    const channels = Map.groupBy(sealed, ({ channel }) => channel);
    expect([...channels.values()].map((envelopes) => envelopes.length)).toEqual([
      ...Array(7).fill(LOOK_AHEAD + 1),
      MAX_HELD_MESSAGES - 7 * (LOOK_AHEAD + 1),
    ]);
    const { times, unopened } = await drain(bo, sealed.toReversed());
    expect(unopened).toEqual([]);
    expect(times.size).toBe(MAX_HELD_MESSAGES);
    expect(bo.vault.list("tag/").length).toBe(8 * LOOK_AHEAD);
  }, 60_000);

  it("opens exactly once each, in any order and with any tenth of it missing", async () => {
    for (const seed of [2, 3, 4]) {
      const { bo, sealed, shuffled } = await unanswered(seed);
      const foundings = new Set(
        [...Map.groupBy(sealed, ({ channel }) => channel).values()].map(([first]) => first),
      );
      const missing = new Set(shuffled.filter((one) => !foundings.has(one)).slice(0, MAX_HELD_MESSAGES / 10));
      const here = shuffled.filter((one) => !missing.has(one));
      const { times, unopened } = await drain(bo, here);
      expect(unopened).toEqual([]);
      expect(times.size).toBe(here.length);
      expect([...times.values()].every((count) => count === 1)).toBe(true);
      for (const one of here) expect((await open(bo, one.bytes)).outcome).toBe("double");
      // And the missing ones, should they come after all.
      const { times: late, unopened: never } = await drain(bo, [...missing]);
      expect(never).toEqual([]);
      expect(late.size).toBe(MAX_HELD_MESSAGES / 10);
    }
  }, 120_000);

  it("without some of its foundings leaves those channels' texts unknown, until they come", async () => {
    const { bo, sealed, shuffled } = await unanswered(5);
    const channels = [...Map.groupBy(sealed, ({ channel }) => channel).values()];
    const lost = new Set([channels[1]?.[0], channels[6]?.[0]]);
    const orphaned = [...(channels[1] ?? []), ...(channels[6] ?? [])].filter((one) => !lost.has(one));
    const { times, unopened } = await drain(
      bo,
      shuffled.filter((one) => !lost.has(one)),
    );
    expect(new Set(unopened)).toEqual(new Set(orphaned));
    expect(times.size).toBe(MAX_HELD_MESSAGES - 2 - orphaned.length);
    const { times: late, unopened: never } = await drain(bo, [
      ...unopened,
      ...sealed.filter((one) => lost.has(one)),
    ]);
    expect(never).toEqual([]);
    expect(late.size).toBe(orphaned.length + 2);
  }, 60_000);
});

describe("a backlog of 1,000 messages on one channel", () => {
  it("opens exactly once each, in any order, when one in 128 told the founder to go on", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(ann, bo, "text 0");
    await opened(bo, founding);
    const skipped: Arriving[] = [];
    for (let i = 1; i < CHANNEL_MESSAGES; i++) {
      const envelope = await sealOne(ann, bo, `text ${i}`);
      expect(envelope.position).toBe(i);
      if (i % LOOK_AHEAD !== 0) {
        skipped.push(arriving(envelope, `text ${i}`));
        continue;
      }
      await opened(bo, envelope);
      await ann.vault.transaction((draft) =>
        noteDelivered(draft, bo.identity.address, founding.channelId, i),
      );
    }
    const { times, unopened } = await drain(bo, inAnyOrder(skipped, 6));
    expect(unopened).toEqual([]);
    expect(times.size).toBe(CHANNEL_MESSAGES - 1 - Math.floor((CHANNEL_MESSAGES - 1) / LOOK_AHEAD));
    for (const { bytes } of skipped) expect((await open(bo, bytes)).outcome).toBe("double");
    // All of the channel is opened, and with that every key of it is gone.
    expect(bo.vault.list("tag/")).toEqual([]);
  }, 60_000);
});
