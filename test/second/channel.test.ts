/** Channels between the SDK and what was written from docs/channels.md, in both directions. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { closeOutgoing, getOutgoing } from "../../src/client/channel/outgoing.ts";
import { forgetChannels } from "../../src/client/channel/sweeping.ts";
import type { Actor } from "../client/channel/scene.ts";
import {
  actor,
  bodyOf,
  claim,
  START,
  open as sdkOpen,
  opened as sdkOpened,
  seal as sdkSeal,
  sealOne,
  trySeal,
} from "../client/channel/scene.ts";
import { type Body, KINDS } from "./content.ts";
import { delivered, foundingHeldUntil, seal } from "./founder.ts";
import { bodyIn, opening, type Second, sdkBodyIn, sealed, second, textTo } from "./meeting.ts";
import { makePool } from "./memory.ts";
import { mayBeFoundedOn } from "./one-time-key.ts";
import { DAY, HOUR, LONGEST_TTL, SECOND } from "./times.ts";

const WEEK = { now: START, ttlSeconds: LONGEST_TTL };

function write(from: Second, to: Actor, body: string, options = WEEK): Uint8Array {
  const [envelope, ...more] = sealed(from, to, textTo(from, to, body), options);
  if (envelope === undefined || more.length > 0) throw new Error("one envelope expected");
  return envelope.octets;
}

/** Both have founded, and both know that the other has. */
async function acquaintedBothWays(ann: Actor, sia: Second): Promise<void> {
  await sdkOpened(ann, write(sia, ann, "hello"));
  expect(bodyIn(opening(sia, (await sealOne(ann, sia.actor, "hello to you")).bytes, START))).toBe(
    "hello to you",
  );
  await sdkOpened(ann, write(sia, ann, "heard you"));
}

describe.each(["", "eu"])("a channel, jurisdiction “%s”", (jurisdiction) => {
  it("is founded by the SDK and read by the second", async () => {
    const [ann, sia] = [await actor(4, START, jurisdiction), second(START, jurisdiction)];
    const founding = await sealOne(ann, sia.actor, "founded");
    expect(bodyIn(opening(sia, founding.bytes, START))).toBe("founded");
    for (const body of ["", "grüße ✓", "x".repeat(1900), "y".repeat(65_000)]) {
      expect(bodyIn(opening(sia, (await sealOne(ann, sia.actor, body)).bytes, START))).toBe(body);
    }
    expect(bodyIn(opening(sia, founding.bytes, START))).toBe("double");
  });

  it("is founded by the second and read by the SDK", async () => {
    const [ann, sia] = [await actor(4, START, jurisdiction), second(START, jurisdiction)];
    const founding = write(sia, ann, "founded");
    expect(await bodyOf(ann, founding)).toBe("founded");
    for (const body of ["", "grüße ✓", "x".repeat(1900), "y".repeat(65_000)]) {
      expect(await bodyOf(ann, write(sia, ann, body))).toBe(body);
    }
    expect(await sdkOpen(ann, founding)).toEqual({ outcome: "double" });
  });
});

describe("a channel", () => {
  it("opens on a last-resort key, and once", async () => {
    const [ann, sia] = [await actor(0), second(START, "", 0)];
    const theirs = await sealOne(ann, sia.actor, "on the last resort");
    const ours = write(sia, ann, "likewise");
    expect(bodyIn(opening(sia, theirs.bytes, START))).toBe("on the last resort");
    expect(bodyIn(opening(sia, theirs.bytes, START))).toBe("double");
    expect(await bodyOf(ann, ours)).toBe("likewise");
    expect(sdkBodyIn(await sdkOpen(ann, ours))).toBe("double");
  });

  it("opens each of the 128 positions that may be ahead, in whatever order, once", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const theirs = await all(async () => (await sealOne(ann, sia.actor, "x")).bytes, 129);
    expect((await trySeal(ann, sia.actor, "x")).outcome).toBe("key-needed");
    const ours = await all(async () => write(sia, ann, "x"), 129);
    const full = seal(sia.memory, ann.identity.address.text, textTo(sia, ann, "x"), WEEK);
    expect(full.outcome).toBe("key-needed");
    const order = [0, 128, 64, 1, 127, 2, 63, 65, 126];
    for (const i of order) {
      expect(bodyIn(opening(sia, theirs[i] ?? expect.fail(), START))).toBe("x");
      expect(await bodyOf(ann, ours[i] ?? expect.fail())).toBe("x");
    }
    for (const i of order) {
      expect(bodyIn(opening(sia, theirs[i] ?? expect.fail(), START))).toBe("double");
      expect(sdkBodyIn(await sdkOpen(ann, ours[i] ?? expect.fail()))).toBe("double");
    }
  });

  it("keeps the key of a skipped message for a week and an hour at most", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const late = [];
    for (const [from, to] of [
      ["first", "second"],
      ["third", "fourth"],
    ] as const) {
      const theirs = await sealOne(ann, sia.actor, from);
      const ours = write(sia, ann, to);
      late.push({ theirs: theirs.bytes, ours });
    }
    const [founding, skipped] = late;
    const last = { theirs: (await sealOne(ann, sia.actor, "last")).bytes, ours: write(sia, ann, "last") };
    if (founding === undefined || skipped === undefined) expect.fail();
    for (const { theirs, ours } of [founding, last]) {
      expect(opening(sia, theirs, START).outcome).toBe("opened");
      await sdkOpened(ann, ours);
    }
    const week = START + LONGEST_TTL * SECOND;
    expect(bodyIn(opening(sia, skipped.theirs, week))).toBe("unknown");
    expect(sdkBodyIn(await sdkOpen(ann, skipped.ours, week + HOUR))).toBe("unknown");
  });

  it("is named in “heard”, and only then lets an envelope outlive its founding", async () => {
    const [ann, sia] = [await actor(), second(START)];
    await sdkOpened(ann, write(sia, ann, "hello"));
    opening(sia, (await sealOne(ann, sia.actor, "hello")).bytes, START);
    const now = START + 2 * HOUR;
    const options = { now, ttlSeconds: LONGEST_TTL };
    const [theirs] = await sdkSeal(ann, sia.actor, "more", { now });
    expect(theirs?.ttlSeconds).toBe(LONGEST_TTL - 2 * 3600);
    // Ann's text named Sia's channel already; Sia's first names Ann's.
    const [ours] = sealed(sia, ann, textTo(sia, ann, "yours is named"), options);
    expect(ours?.ttlSeconds).toBe(LONGEST_TTL);
    await sdkOpened(ann, ours?.octets ?? expect.fail(), now);
    expect((await sdkSeal(ann, sia.actor, "now", { now }))[0]?.ttlSeconds).toBe(LONGEST_TTL);
    const out = await ann.vault.transaction((draft) => getOutgoing(draft, sia.memory.address));
    expect(out).toMatchObject({ answered: true, confirmed: 0 });
  });

  it("is founded anew when the relay holds its founding for less, as both see it", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const founding = sealed(sia, ann, textTo(sia, ann, "hello"), WEEK)[0] ?? expect.fail();
    foundingHeldUntil(sia.memory, founding.channelId, START + 10 * HOUR);
    const ttl = (now: number, ttlSeconds: number) => {
      const result = seal(sia.memory, ann.identity.address.text, { kind: "bare" }, { now, ttlSeconds });
      return result.outcome === "sealed" ? result.envelopes[0]?.ttlSeconds : result.outcome;
    };
    expect(ttl(START + 5 * HOUR, LONGEST_TTL)).toBe(5 * 3600);
    expect(ttl(START + 6 * HOUR, LONGEST_TTL)).toBe("key-needed");
    expect(ttl(START + 6 * HOUR, 60)).toBe(60);
    expect(ttl(START + 10 * HOUR, LONGEST_TTL)).toBe("key-needed");
  });

  it("goes on beyond 128 by the relay's word, and ends after 1,000 messages", async () => {
    const [ann, sia] = [await actor(), second(START)];
    for (let i = 0; i < 1000; i++) {
      const text = sealed(sia, ann, textTo(sia, ann, "x"), WEEK)[0] ?? expect.fail();
      expect(text.position).toBe(i);
      delivered(sia.memory, text);
      await sdkOpened(ann, text.octets);
    }
    const full = seal(sia.memory, ann.identity.address.text, textTo(sia, ann, "x"), WEEK);
    expect(full.outcome).toBe("key-needed");
  });

  it("sends a founding ahead of what is short-lived, and both open behind it", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const theirs = await sdkSeal(ann, sia.actor, "short", { ttlSeconds: 60 });
    expect(theirs.map(({ bytes }) => bodyIn(opening(sia, bytes, START)))).toEqual(["bare", "short"]);
    const ours = sealed(sia, ann, textTo(sia, ann, "short"), { now: START, ttlSeconds: 60 });
    expect(ours.map(({ ttlSeconds }) => ttlSeconds)).toEqual([LONGEST_TTL, 60]);
    const bodies = await all(async (i) => sdkBodyIn(await sdkOpen(ann, ours[i]?.octets ?? expect.fail())), 2);
    expect(bodies).toEqual(["bare", "short"]);
  });

  it("is founded again on the key that came in a text", async () => {
    const [ann, sia] = [await actor(), second(START)];
    await acquaintedBothWays(ann, sia);
    opening(sia, (await sealOne(ann, sia.actor, "with a key")).bytes, START);
    const now = START + DAY;
    const options = { now, ttlSeconds: LONGEST_TTL };
    const { carried } = sia.memory;
    const [gift] = carried;
    if (gift === undefined) expect.fail();
    expect(mayBeFoundedOn(ann.identity.address.text, { ...gift.key, lastResort: false }, now)).toBe(true);
    ann.pool = [];
    sia.actor.pool = [];
    const ours = await sdkOpened(ann, write(sia, ann, "a day later", options), now);
    expect(ours).toMatchObject({ position: 0, founderLostState: false });
    const theirs = await trySeal(ann, sia.actor, "likewise", { now });
    if (theirs.outcome !== "sealed") expect.fail(theirs.outcome);
    const opened = opening(sia, theirs.envelopes[0]?.bytes ?? expect.fail(), now);
    expect(opened).toMatchObject({ outcome: "opened", position: 0, undecided: undefined });
    expect(sia.memory.carried).toEqual([]);
  });

  it("heals after either lost its state, and names what is undecided", async () => {
    const [ann, sia] = [await actor(), second(START)];
    await acquaintedBothWays(ann, sia);
    const lost = sealed(sia, ann, textTo(sia, ann, "never opened"), WEEK)[0] ?? expect.fail();
    delivered(sia.memory, lost);
    await ann.vault.transaction((draft) => forgetChannels(draft));
    ann.pool = (await actor()).pool;
    expect(sdkBodyIn(await sdkOpen(ann, lost.octets))).toBe("unknown");
    const told = opening(
      sia,
      (await sealOne(ann, sia.actor, "I lost all", { now: START + 1 })).bytes,
      START + 1,
    );
    expect(told).toMatchObject({ outcome: "opened" });
    const undecided = "undecided" in told ? told.undecided : undefined;
    expect(undecided).toHaveLength(3);
    expect(seal(sia.memory, ann.identity.address.text, { kind: "bare" }, WEEK).outcome).toBe("key-needed");

    const [bo, sam] = [await actor(), second(START)];
    await acquaintedBothWays(bo, sam);
    sam.memory.incoming = [];
    sam.memory.outgoing = [];
    sam.memory.carried = [];
    sam.actor.pool = makePool(sam.memory, START, 2);
    const news = await sdkOpened(bo, write(sam, bo, "I lost all", { ...WEEK, now: START + 1 }), START + 1);
    expect(news.founderLostState).toBe(true);
    expect((await trySeal(bo, sam.actor, "anew", { now: START + 1 })).outcome).toBe("key-needed");
    const anew = await sealOne(bo, sam.actor, "anew", { now: START + 1 });
    expect(bodyIn(opening(sam, anew.bytes, START + 1))).toBe("anew");
  });

  it("carries every kind of content, head and all, as the other wrote it", async () => {
    const [ann, sia] = [await actor(), second(START)];
    await acquaintedBothWays(ann, sia);
    const ids = [randomBytes(16), randomBytes(16)].map((id) => Uint8Array.from(id));
    const json = JSON.stringify({ secret: "AAAAAAAAAAAAAAAAAAAAAA", more: "✓" });
    const bodies: Body[] = [
      { kind: "bare" },
      textTo(sia, ann, "a text"),
      { kind: "receipt", what: "read", ids },
      { kind: "conversation", definition: Uint8Array.of(1, 2, 3) },
      { kind: "link-invitation", json },
      { kind: "link-acceptance", json },
      { kind: "own-state", json },
    ];
    expect(bodies.map(({ kind }) => kind)).toEqual(KINDS.filter((kind) => kind !== "part"));
    for (const body of bodies) {
      const [envelope] = sealed(sia, ann, body, WEEK);
      const { message } = await sdkOpened(ann, envelope?.octets ?? expect.fail());
      expect(message.content.kind).toBe(body.kind);
      const { kind, ...content } = message.content;
      if (kind === "text" || kind === "part" || kind === "bare") continue;
      const [back] = await sdkSeal(ann, sia.actor, "", {
        content: { kind, ...content } as typeof message.content,
      });
      const opened = opening(sia, back?.bytes ?? expect.fail(), START);
      expect(opened.outcome === "opened" && opened.content.body).toEqual(body);
    }
  });

  it("is one in each direction when both found at once", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const [theirs, ours] = [await sealOne(ann, sia.actor, "crossing"), write(sia, ann, "crossing")];
    expect(opening(sia, theirs.bytes, START)).toMatchObject({ outcome: "opened", undecided: undefined });
    expect(await sdkOpened(ann, ours)).toMatchObject({ founderLostState: false });
    expect(bodyIn(opening(sia, (await sealOne(ann, sia.actor, "after")).bytes, START))).toBe("after");
    expect(await bodyOf(ann, write(sia, ann, "after"))).toBe("after");
  });

  it("names the one before it, also one that was closed early: nobody takes it for a lost state", async () => {
    const [ann, sia] = [await actor(), second(START)];
    await acquaintedBothWays(ann, sia);
    await ann.vault.transaction((draft) => closeOutgoing(draft, sia.memory.address));
    sia.memory.foundAnew.add(ann.identity.address.text);
    const now = START + 1;
    const theirs = await sealOne(ann, sia.actor, "closed and anew", { now });
    expect(opening(sia, theirs.bytes, now)).toMatchObject({ position: 0, undecided: undefined });
    const ours = await sdkOpened(ann, write(sia, ann, "likewise", { ...WEEK, now }), now);
    expect(ours).toMatchObject({ position: 0, founderLostState: false });
  });

  it("does not open what one octet was changed of, in whichever implementation", async () => {
    const [ann, sia] = [await actor(), second(START)];
    const theirs = (await sealOne(ann, sia.actor, "whole")).bytes;
    const ours = write(sia, ann, "whole");
    for (const at of [0, 1, 17, 40, 1105, 1137, 1350, 1351, 1375, 2047]) {
      const flipped = (octets: Uint8Array) => octets.map((octet, i) => (i === at ? octet ^ 1 : octet));
      expect(["unknown", "refused"]).toContain(opening(sia, flipped(theirs), START).outcome);
      expect(["unknown", "refused"]).toContain((await sdkOpen(ann, flipped(ours))).outcome);
    }
    expect(bodyIn(opening(sia, theirs, START))).toBe("whole");
    expect(await bodyOf(ann, ours)).toBe("whole");
  });

  it("takes no key that another signed, in whichever implementation", async () => {
    const [ann, bo, sia] = [await actor(), await actor(), second(START)];
    const result = await trySeal(ann, sia.actor, "x", { claimed: claim(bo) });
    expect(result.outcome).toBe("key-refused");
    const foreign = { ...WEEK, claimed: claim(bo) };
    expect(seal(sia.memory, ann.identity.address.text, { kind: "bare" }, foreign).outcome).toBe(
      "key-refused",
    );
    expect(sia.memory.outgoing).toEqual([]);
  });
});

async function all<T>(make: (i: number) => Promise<T>, count: number): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i++) made.push(await make(i));
  return made;
}
