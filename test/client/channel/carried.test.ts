import { describe, expect, it } from "vitest";
import { getCarried } from "../../../src/client/channel/carried.ts";
import type { Head } from "../../../src/client/channel/head.ts";
import { getPrivateKey, makePool } from "../../../src/client/channel/pool.ts";
import { needsKey, type SealedEnvelope } from "../../../src/client/channel/sealing.ts";
import { forgetChannels, sweepChannels } from "../../../src/client/channel/sweeping.ts";
import { DAY, KEY_KEPT, KEY_SERVED } from "../../../src/protocol/limits.ts";
import { keyId, verifyOneTimeKey } from "../../../src/protocol/one-time-key.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  claim,
  copyOf,
  entriesOf,
  open,
  opened,
  START,
  seal,
  sealOne,
  trySeal,
  WEEK,
} from "./scene.ts";

async function keyIn(by: Actor, envelope: SealedEnvelope, now = START): Promise<Head["nextKey"]> {
  return (await opened(by, envelope, now)).message.head.nextKey;
}

/** Two who know each other; Bo has given Ann a key in a text. */
async function given(): Promise<{ ann: Actor; bo: Actor; key: NonNullable<Head["nextKey"]> }> {
  const [ann, bo] = [await actor(), await actor()];
  await acquainted(ann, bo);
  await acquainted(bo, ann);
  const key = await keyIn(ann, await sealOne(bo, ann, "with a key"));
  if (key === undefined) throw new Error("no key");
  return { ann, bo, key };
}

const carriedBy = (device: Actor, peer: Actor) => getCarried(device.vault, peer.identity.address.text);
const halfOf = (device: Actor, key: { publicKey: Uint8Array }, now = START) =>
  getPrivateKey(device.vault, keyId(key.publicKey), now);

describe("a key for the next founding", () => {
  it("goes with the first text that has room for it, signed, and with no second one that day", async () => {
    const [ann, bo] = [await actor(), await actor()];
    const founding = await sealOne(bo, ann, "a founding has no room");
    expect(await keyIn(ann, founding)).toBeUndefined();
    const key = await keyIn(ann, await sealOne(bo, ann, "first"));
    expect(key && (await verifyOneTimeKey(bo.identity.address, key, START))).toBe(true);
    expect(key).toMatchObject({ lastResort: false, expires: START + KEY_SERVED });
    const later = START + DAY - 1;
    expect(await keyIn(ann, await sealOne(bo, ann, "second", { now: later }), later)).toBeUndefined();
  });

  it("is another one after a day, for who copied the vault before knows the old one's half", async () => {
    const { ann, bo, key } = await given();
    const now = START + DAY;
    const thief = await copyOf(bo);
    await opened(ann, await sealOne(bo, ann, "a new channel", { now, claimed: claim(ann) }), now);
    const next = await keyIn(ann, await sealOne(bo, ann, "next day", { now }), now);
    expect(next && (await verifyOneTimeKey(bo.identity.address, next, now))).toBe(true);
    expect(next?.publicKey).not.toEqual(key.publicKey);
    expect(carriedBy(ann, bo)?.publicKey).toEqual(next?.publicKey);
    const later = await sealOne(ann, bo, "founded on the new one", { now });
    expect(later.position).toBe(0);
    expect(await open(thief, later, now)).toEqual({ outcome: "unknown" });
    expect(await bodyOf(bo, later, now)).toBe("founded on the new one");
  });

  it("makes no envelope larger", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(bo, ann);
    const room = 2048 - 17 - 42 - 12 - 72 - 1288;
    const full = await sealOne(bo, ann, "a".repeat(room + 1));
    expect(full.bytes.length).toBe(2048);
    expect(await keyIn(ann, full)).toBeUndefined();
    const fits = await sealOne(bo, ann, "a".repeat(room));
    expect(fits.bytes.length).toBe(2048);
    expect(await keyIn(ann, fits)).toBeDefined();
  });

  it("goes with whatever is sealed, and stands in a larger envelope that has the room", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(bo, ann);
    const envelope = await sealOne(bo, ann, "", { content: { kind: "bare" } });
    expect(await keyIn(ann, envelope)).toBeDefined();
    const [cy] = [await actor()];
    await acquainted(bo, cy);
    const long = await sealOne(bo, cy, "a".repeat(2500));
    expect(long.bytes.length).toBe(4096);
    expect(await keyIn(cy, long)).toBeDefined();
  });

  it("founds the next channel without a claim, once", async () => {
    const { ann, bo, key } = await given();
    const now = START + DAY;
    expect(needsKey(ann.vault, bo.identity.address, WEEK, now)).toBe(false);
    const result = await trySeal(ann, bo, "on the carried key", { now });
    if (result.outcome !== "sealed") throw new Error(result.outcome);
    const [founding] = result.envelopes;
    if (founding === undefined) throw new Error("no founding");
    expect(founding.bytes.slice(1, 17)).toEqual(keyId(key.publicKey));
    expect(carriedBy(ann, bo)).toBeUndefined();
    expect(await bodyOf(bo, founding, now)).toBe("on the carried key");
    expect(needsKey(ann.vault, bo.identity.address, WEEK, now + DAY)).toBe(true);
    expect(await trySeal(ann, bo, "another", { now: now + DAY })).toEqual({ outcome: "key-needed" });
  });

  it("goes ahead with a founding alone just as a claimed one does", async () => {
    const { ann, bo } = await given();
    const now = START + DAY;
    const [founding, text] = await seal(ann, bo, "short-lived", { now, ttlSeconds: 60 });
    if (founding === undefined || text === undefined) throw new Error("two envelopes expected");
    expect((await opened(bo, founding, now)).message.content.kind).toBe("bare");
    expect(await bodyOf(bo, text, now)).toBe("short-lived");
  });

  it("loses its private half with the founding that it opened, and is followed by another", async () => {
    const { ann, bo, key } = await given();
    const now = START + DAY;
    const founding = await sealOne(ann, bo, "on the carried key", { now });
    expect(halfOf(bo, key, now)).toBeDefined();
    await opened(bo, founding, now);
    expect(halfOf(bo, key, now)).toBeUndefined();
    const thief = await copyOf(bo);
    await thief.vault.transaction((draft) => {
      for (const [name] of draft.list("opened/")) draft.delete(name);
    });
    expect(await open(thief, founding, now)).toEqual({ outcome: "unknown" });
    // Not a day later, but with the next text.
    await opened(ann, await sealOne(bo, ann, "a new channel", { now, claimed: claim(ann) }), now);
    expect(await keyIn(ann, await sealOne(bo, ann, "the next text", { now }), now)).toBeDefined();
  });

  it("is due again at once when the peer lost its state, and with it the one it was given", async () => {
    const { ann, bo } = await given();
    await ann.vault.transaction((draft) => forgetChannels(draft));
    ann.pool = (await actor()).pool;
    const now = START + 1;
    const again = await opened(bo, await sealOne(ann, bo, "I lost all", { now }), now);
    expect(again.founderLostState).toBe(true);
    ann.pool = await ann.vault.transaction((draft) => makePool(draft, ann.identity, now, 2));
    await opened(ann, await sealOne(bo, ann, "a new channel", { now }), now);
    expect(await keyIn(ann, await sealOne(bo, ann, "with another key", { now }), now)).toBeDefined();
  });

  it("is due again as soon as it was used, also on the same day", async () => {
    const { ann, bo, key } = await given();
    const founding = await sealOne(ann, bo, "the clock was set back", { now: START - 1 });
    expect(founding.bytes.slice(1, 17)).toEqual(keyId(key.publicKey));
    await opened(bo, founding);
    expect(await keyIn(ann, await sealOne(bo, ann, "again"))).toBeDefined();
  });

  it("is taken after a claimed one, and stays for later", async () => {
    const { ann, bo, key } = await given();
    const now = START + DAY;
    const claimed = claim(bo);
    const founding = await sealOne(ann, bo, "on the claimed key", { now, claimed });
    expect(founding.bytes.slice(1, 17)).toEqual(keyId(claimed.publicKey));
    expect(carriedBy(ann, bo)?.publicKey).toEqual(key.publicKey);
    const next = await sealOne(ann, bo, "on the carried one", { now: now + DAY });
    expect(next.bytes.slice(1, 17)).toEqual(keyId(key.publicKey));
    // A claimed key that is refused is not made up for: the caller is told.
    const foreign = { now: now + 3 * DAY, claimed: claim(ann) };
    expect(await trySeal(ann, bo, "x", foreign)).toEqual({ outcome: "key-refused" });
  });

  it("is never sealed to when it is not the peer's own, was changed, or is over", async () => {
    const { ann, bo, key } = await given();
    const eve = await actor();
    const entry = `channel/carried/${bo.identity.address.text}`;
    const stored = ann.vault.get(entry);
    if (stored === undefined) throw new Error("nothing carried");
    const swapped = stored.slice();
    swapped.set(claim(eve).publicKey);
    const prolonged = stored.slice();
    prolonged[1216 + 7] = (prolonged[1216 + 7] ?? 0) ^ 1;
    const now = START + DAY;
    for (const changed of [swapped, prolonged]) {
      const copy = await copyOf(ann);
      await copy.vault.transaction((draft) => draft.put(entry, changed));
      const before = entriesOf(copy);
      expect(await trySeal(copy, bo, "x", { now })).toEqual({ outcome: "key-needed" });
      expect(entriesOf(copy)).toEqual(before);
    }
    expect(needsKey(ann.vault, bo.identity.address, WEEK, key.expires - 1)).toBe(false);
    expect(needsKey(ann.vault, bo.identity.address, WEEK, key.expires)).toBe(true);
  });

  it("of two is the newer, in whatever order they come", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(bo, ann);
    const first = await sealOne(bo, ann, "first");
    const now = START + DAY;
    await opened(ann, await sealOne(bo, ann, "a new channel", { now }), now);
    const key = await keyIn(ann, await sealOne(bo, ann, "second", { now }), now);
    expect(await keyIn(ann, first, now)).toBeDefined();
    expect(key).toBeDefined();
    expect(carriedBy(ann, bo)?.publicKey).toEqual(key?.publicKey);
  });

  it("opens as long as every other key, and goes with the rest of what has ended", async () => {
    const { bo, key } = await given();
    const sweep = (now: number) => bo.vault.transaction((draft) => sweepChannels(draft, now));
    await sweep(START + KEY_KEPT - 1);
    expect(halfOf(bo, key, START + KEY_KEPT - 1)).toBeDefined();
    await sweep(START + KEY_KEPT);
    expect(bo.vault.list("key/")).toEqual([]);
  });
});

describe("a device that lost its state", () => {
  it("is founded to on no key that it carried to the peer before", async () => {
    const { ann, bo } = await given();
    await bo.vault.transaction((draft) => forgetChannels(draft));
    const again = await sealOne(bo, ann, "it is me", { now: START + 1, claimed: claim(ann) });
    expect(await opened(ann, again, START + 1)).toMatchObject({ founderLostState: true });
    expect(carriedBy(ann, bo)).toBeUndefined();
    expect(await trySeal(ann, bo, "hi", { now: START + 2 })).toEqual({ outcome: "key-needed" });
  });

  it("is not founded to on such a key either when it comes late, on a channel from before", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    await acquainted(bo, ann);
    const late = await sealOne(bo, ann, "with a key");
    await bo.vault.transaction((draft) => forgetChannels(draft));
    const again = await sealOne(bo, ann, "it is me", { now: START + 1, claimed: claim(ann) });
    await opened(ann, again, START + 1);
    expect(await keyIn(ann, late, START + 2)).toBeDefined();
    expect(carriedBy(ann, bo)).toBeUndefined();
  });
});
