import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Part } from "../../../src/client/channel/content.ts";
import {
  MAX_ASSEMBLING,
  MAX_UNFINISHED,
  sweepParts,
  type TakenPart,
  takePart,
} from "../../../src/client/parts/assembly.ts";
import { cutText, MAX_TEXT } from "../../../src/client/parts/cutting.ts";
import { MemoryVault } from "../../../src/client/vault/memory.ts";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import { signingDevice } from "../people/signing-device.ts";

const NOW = Date.UTC(2026, 0, 5, 12);
const WEEK = 7 * DAY;
const ANN = signingDevice().address.text;
const BO = signingDevice("eu").address.text;
const WAITING: TakenPart = { outcome: "waiting" };
const REFUSED: TakenPart = { outcome: "refused" };
const GIVEN_UP: TakenPart = { outcome: "given-up" };

let vault = new MemoryVault();
/** Devices of people whom the owner has nothing to do with. */
const strangers = new Set<string>();
beforeEach(() => {
  vault = new MemoryVault();
  strangers.clear();
});

const take = (part: Part, { from = ANN, endsAt = NOW + DAY, now = NOW } = {}) =>
  vault.transaction((draft) => takePart(draft, from, part, endsAt, now, (device) => strangers.has(device)));
const sweep = (now: number) => vault.transaction((draft) => sweepParts(draft, now));
const names = () => vault.list("").map(([name]) => name.split("/")[0]);
const held = () => vault.list("part/").reduce((sum, [, octets]) => sum + octets.length, 0);

/** As an honest device cuts and seals it. */
function partsOf(body: string | Uint8Array, room = 4, own: Partial<Part> = {}): [Part, Part, ...Part[]] {
  const { parts, wholeHash } = cutText(typeof body === "string" ? utf8ToBytes(body) : body, room);
  const address = { id: randomBytes(16), conversation: randomBytes(16), members: randomBytes(32) };
  const count = parts.length;
  return parts.map((octets, index) => ({
    kind: "part",
    ...address,
    revocable: false,
    wholeHash,
    index,
    count,
    octets,
    ...own,
  })) as [Part, Part, ...Part[]];
}

/** Parts of a text that is never whole, as few octets as may be. */
const begun = (count: number): Part => ({ ...partsOf("ab", 1)[0], count });

describe("taking the parts of a text", () => {
  it("waits until the last one is there, and gives the whole", async () => {
    const [one, two, three] = partsOf("hello, all of you".slice(0, 12));
    expect(await take(two)).toEqual(WAITING);
    expect(await take(three as Part)).toEqual(WAITING);
    expect(await take(one)).toEqual({ outcome: "whole", body: "hello, all o" });
  });

  it("keeps nothing of a text that was whole, but that it was", async () => {
    for (const part of partsOf("hello, all of you")) await take(part);
    expect(names()).toEqual(["assembled"]);
  });

  it("cuts characters apart and joins them again, whatever Unicode they are of", async () => {
    const body = "\ufeffäöü 🦊🦊 日本";
    const parts = partsOf(body, 1);
    const outcomes = [];
    for (const part of parts.toReversed()) outcomes.push(await take(part));
    expect(outcomes.pop()).toEqual({ outcome: "whole", body });
    expect(outcomes.every(({ outcome }) => outcome === "waiting")).toBe(true);
  });

  it("takes the longest text there is", async () => {
    const parts = partsOf(new Uint8Array(MAX_TEXT).fill(0x61), 61_322);
    for (const part of parts.slice(1)) expect(await take(part)).toEqual(WAITING);
    expect(await take(parts[0])).toEqual({ outcome: "whole", body: "a".repeat(MAX_TEXT) });
  });

  it("ignores a part that is here already, whatever it says now", async () => {
    const [one, two] = partsOf("hello, y");
    await take(one);
    const before = vault.list("");
    expect(await take(one, { endsAt: NOW + WEEK })).toEqual(WAITING);
    expect(await take({ ...one, octets: utf8ToBytes("evil") })).toEqual(WAITING);
    expect(vault.list("")).toEqual(before);
    expect(await take(two)).toEqual({ outcome: "whole", body: "hello, y" });
  });

  it("does not begin a text anew when a part of it comes again afterwards", async () => {
    const [one, two] = partsOf("hello, y");
    await take(one);
    await take(two);
    expect(await take(one)).toEqual(REFUSED);
    expect(names()).toEqual(["assembled"]);
    expect(await sweep(NOW + WEEK - 1)).toEqual([]);
    expect(names()).toEqual(["assembled"]);
    expect(await sweep(NOW + WEEK)).toEqual([]);
    expect(names()).toEqual([]);
  });

  it("keeps senders apart: nobody can spoil a text of somebody else's", async () => {
    const [one, two] = partsOf("hello, y");
    await take(one);
    expect(await take({ ...two, octets: utf8ToBytes("evil") }, { from: BO })).toEqual(WAITING);
    expect(await take({ ...one, wholeHash: randomBytes(32) }, { from: BO })).toEqual(REFUSED);
    expect(await take(two)).toEqual({ outcome: "whole", body: "hello, y" });
  });

  it("refuses a part that disagrees with those before it, and keeps those", async () => {
    const copy = { author: BO, with: ANN };
    const [one, two] = partsOf("hello, y", 4, { copy });
    await take(one);
    const { copy: _, ...noCopy } = two;
    const before = vault.list("");
    for (const other of [
      { ...two, count: 3 },
      { ...two, wholeHash: randomBytes(32) },
      { ...two, conversation: randomBytes(16) },
      { ...two, members: randomBytes(32) },
      { ...two, revocable: true },
      { ...two, copy: { author: ANN, with: ANN } },
      { ...two, copy: { author: BO } },
      noCopy,
    ])
      expect(await take(other)).toEqual(REFUSED);
    expect(vault.list("")).toEqual(before);
    expect(await take(two)).toEqual({ outcome: "whole", body: "hello, y" });
  });

  it("refuses a part of no text: an index outside, too few or too many, none or too many octets", async () => {
    const [one] = partsOf("hello, y");
    for (const other of [
      { ...one, index: 2 },
      { ...one, count: 1 },
      { ...one, count: 33 },
      { ...one, octets: new Uint8Array() },
      { ...one, octets: new Uint8Array(65_537) },
    ])
      expect(await take(other)).toEqual(REFUSED);
    expect(names()).toEqual([]);
  });

  it("refuses a whole with another hash, or one that is no text, and drops everything of it", async () => {
    const [one, two] = partsOf("hello, y");
    await take(one);
    expect(await take({ ...two, octets: utf8ToBytes("evil") })).toEqual(REFUSED);
    expect(names()).toEqual(["assembled"]);
    expect(await take(two)).toEqual(REFUSED);
    const [half, other] = partsOf(Uint8Array.of(0x61, 0xc3, 0x28), 2);
    await take(half);
    expect(await take(other)).toEqual(REFUSED);
    expect(names()).toEqual(["assembled", "assembled"]);
  });

  it("refuses a text of more than 1 MiB as soon as it is, and drops everything of it", async () => {
    const octets = new Uint8Array(65_536);
    const [part] = partsOf("hello, y");
    for (let index = 0; index < 16; index++)
      expect(await take({ ...part, octets, count: 18, index })).toEqual(WAITING);
    expect(held()).toBe(MAX_TEXT);
    expect(await take({ ...part, octets: Uint8Array.of(1), count: 18, index: 16 })).toEqual(REFUSED);
    expect(names()).toEqual(["assembled"]);
  });
});

describe("the room for unfinished texts", () => {
  it("is two for each sender, free again when one is whole or given up", async () => {
    const [one, two] = partsOf("hello, y");
    await take(one);
    await take(begun(2), { endsAt: NOW + 1 });
    expect(MAX_UNFINISHED).toBe(2);
    expect(await take(begun(2))).toEqual(GIVEN_UP);
    expect(await take(begun(2), { from: BO })).toEqual(WAITING);
    expect((await take(two)).outcome).toBe("whole");
    expect(await take(begun(2))).toEqual(WAITING);
    expect(await take(begun(2))).toEqual(GIVEN_UP);
    expect(await sweep(NOW + 1)).toHaveLength(1);
    expect(await take(begun(2))).toEqual(WAITING);
  });

  it("is 8 MiB in all, reserved when a text begins: what was let in is never refused for room", async () => {
    const senders = Array.from({ length: 4 }, () => signingDevice().address.text);
    const body = new Uint8Array(MAX_TEXT).fill(0x61);
    const texts = senders.flatMap((from) => [0, 1].map(() => ({ from, parts: partsOf(body, 65_536) })));
    for (const { from, parts } of texts) expect(await take(parts[0], { from })).toEqual(WAITING);
    expect(await take(begun(2))).toEqual(GIVEN_UP);
    for (const { from, parts } of texts)
      for (const part of parts.slice(1, -1)) expect(await take(part, { from })).toEqual(WAITING);
    expect(held()).toBeLessThanOrEqual(MAX_ASSEMBLING);
    expect(held()).toBe(8 * 15 * 65_536);
    for (const { from, parts } of texts)
      expect((await take(parts[15] as Part, { from })).outcome).toBe("whole");
    expect(held()).toBe(0);
    expect(await take(begun(2))).toEqual(WAITING);
  });

  it("holds more texts of fewer parts: 64 of two", async () => {
    const outcomes = [];
    for (let i = 0; i < 65; i++)
      outcomes.push((await take(begun(2), { from: signingDevice().address.text })).outcome);
    expect(outcomes.indexOf("given-up")).toBe(64);
  });

  it("is 2 MiB for all strangers together, so that those who are known always have six", async () => {
    const unknown = Array.from({ length: 4 }, () => signingDevice().address.text);
    for (const from of unknown) strangers.add(from);
    const outcomes = [];
    for (const from of unknown)
      for (let i = 0; i < MAX_UNFINISHED; i++) outcomes.push((await take(begun(32), { from })).outcome);
    expect(outcomes).toEqual(["waiting", "waiting", ...Array(6).fill("given-up")]);
    const known = Array.from({ length: 3 }, () => signingDevice().address.text);
    for (const from of known)
      for (let i = 0; i < MAX_UNFINISHED; i++) expect(await take(begun(32), { from })).toEqual(WAITING);
    expect(await take(begun(2))).toEqual(GIVEN_UP);
  });

  it("of who is known is not the strangers': they find none where others took all", async () => {
    const known = Array.from({ length: 4 }, () => signingDevice().address.text);
    for (const from of known) for (let i = 0; i < MAX_UNFINISHED; i++) await take(begun(32), { from });
    strangers.add(BO);
    expect(await take(begun(2), { from: BO })).toEqual(GIVEN_UP);
  });

  it("that is not there ends a text at its first part: told once, its others are dropped, also when there is room", async () => {
    const [one, two] = partsOf("hello, y");
    await take(begun(2), { endsAt: NOW + 1 });
    await take(begun(2), { endsAt: NOW + 1 });
    expect(await take(one)).toEqual(GIVEN_UP);
    expect(await take(two)).toEqual(REFUSED);
    await sweep(NOW + 1);
    expect(await take(one)).toEqual(REFUSED);
    expect(await take(two)).toEqual(REFUSED);
  });
});

describe("giving up a text", () => {
  it("happens when the last of the envelopes that brought its parts ends, and drops all of it", async () => {
    const [one, two, three] = partsOf("hello, all o") as [Part, Part, Part];
    await take(one, { endsAt: NOW + 2 * DAY });
    await take(two, { endsAt: NOW + DAY });
    expect(await sweep(NOW + 2 * DAY - 1)).toEqual([]);
    expect(await sweep(NOW + 2 * DAY)).toEqual([{ from: ANN, id: encodeBase64url(one.id) }]);
    expect(names()).toEqual(["assembled"]);
    expect(await sweep(NOW + 2 * DAY)).toEqual([]);
    // A late part can't make it whole, and must not be given up a second time.
    expect(await take(three, { now: NOW + 2 * DAY })).toEqual(REFUSED);
  });

  it("waits a week from the part that came last and no longer, whatever the envelope was said to have", async () => {
    const [one] = partsOf("hello, y");
    await take(one, { endsAt: NOW + 365 * DAY });
    expect(await sweep(NOW + WEEK - 1)).toEqual([]);
    expect(await sweep(NOW + WEEK)).toHaveLength(1);
  });

  it("names each text and its sender, and leaves the others alone", async () => {
    const [one] = partsOf("hello, y");
    const [mine, rest] = partsOf("other, y");
    await take(one, { from: BO, endsAt: NOW + 1 });
    await take(mine, { endsAt: NOW + 2 });
    expect(await sweep(NOW + 1)).toEqual([{ from: BO, id: encodeBase64url(one.id) }]);
    expect((await take(rest)).outcome).toBe("whole");
  });
});

describe("parts in any order, repeated, of several senders at once", () => {
  it("become each text once, and leave nothing behind", async () => {
    const text = fc.record({
      from: fc.constantFrom(ANN, BO),
      body: fc.string({ unit: "grapheme", minLength: 3, maxLength: 40 }),
      room: fc.integer({ min: 1, max: 30 }),
    });
    const story = fc.array(text, { minLength: 1, maxLength: 4 }).chain((texts) => {
      const senders = [ANN, BO].map((from) =>
        texts.filter((one) => one.from === from).slice(0, MAX_UNFINISHED),
      );
      const parts = senders.flat().flatMap(({ from, body, room }) => {
        const octets = utf8ToBytes(body);
        const fitting = Math.max(Math.min(room, octets.length - 1), Math.ceil(octets.length / 32));
        return partsOf(octets, fitting).map((part) => ({ from, part, body }));
      });
      return fc
        .array(fc.constantFrom(...parts), { maxLength: 10 })
        .map((repeats) => [...parts, ...repeats])
        .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
        .map((arrivals) => ({ texts: senders.flat(), arrivals }));
    });
    await fc.assert(
      fc.asyncProperty(story, async ({ texts, arrivals }) => {
        vault = new MemoryVault();
        const whole: string[] = [];
        for (const { from, part, body } of arrivals) {
          const taken = await take(part, { from });
          if (taken.outcome !== "whole") continue;
          expect(taken.body).toBe(body);
          whole.push(body);
        }
        expect(whole.toSorted()).toEqual(texts.map(({ body }) => body).toSorted());
        expect(names().every((name) => name === "assembled")).toBe(true);
        expect(await sweep(NOW + WEEK)).toEqual([]);
        expect(names()).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
