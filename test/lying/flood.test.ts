import { randomBytes } from "@noble/hashes/utils.js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FoundingBudget } from "../../src/client/channel/budget.ts";
import { KEY_FAILURES, LAST_RESORT_FAILURES } from "../../src/client/channel/limits.ts";
import { decodeBase64url } from "../../src/protocol/base64url.ts";
import { DAY, MAX_TTL_SECONDS } from "../../src/protocol/limits.ts";
import { keyId, type OneTimeKeyJson } from "../../src/protocol/one-time-key.ts";
import { Cast, type Member } from "./cast.ts";
import { toJson } from "./mailboxes.ts";

const FLOOD = 1000;
const HOUR = DAY / 24;

describe("a thousand envelopes of junk", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let cy: Member;
  /** Each founding that its budget allows is opened, some milliseconds of HPKE; none is opened without being asked. */
  const allows = vi.spyOn(FoundingBudget.prototype, "allows");
  const openings = () => allows.mock.results.filter(({ value }) => value === true).length;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
    allows.mockClear();
  });
  afterEach(() => {
    cast.expectTruth();
    expect(cast.relay.mailboxes.held(bo.address)).toEqual([]);
  });

  function junk(count: number, tag?: Uint8Array): void {
    for (let i = 0; i < count; i++) {
      const envelope = randomBytes(2048);
      envelope[0] = 0x01;
      if (tag !== undefined) envelope.set(tag, 1);
      cast.relay.mailboxes.deposit(
        bo.address,
        { envelope, ttlSeconds: MAX_TTL_SECONDS, key: undefined },
        cast.relay.now,
      );
    }
  }

  /** Texts of two people, who have not written before, between a flood's quarters. */
  async function writeAmong(flood: (count: number) => void): Promise<string[]> {
    const texts: string[] = [];
    for (const [i, who] of [ann, cy, ann, cy].entries()) {
      flood(FLOOD / 4);
      texts.push(`written among the junk, ${i}`);
      await cast.write(who, bo, texts[i] ?? "");
    }
    return texts;
  }

  const idOf = ({ publicKey }: OneTimeKeyJson) => keyId(decodeBase64url(publicKey) ?? new Uint8Array());

  it("under tags that nobody expects costs no opening, and the texts among it are read", async () => {
    const texts = await writeAmong((count) => junk(count));
    expect(await cast.read(bo)).toEqual(texts);
    expect(openings()).toBe(2);
  });

  it("on a one-time key costs a handful of openings, and the texts among it are read", async () => {
    const claimed = cast.relay.mailboxes.claim(bo.address) as OneTimeKeyJson;
    const texts = await writeAmong((count) => junk(count, idOf(claimed)));
    expect(await cast.read(bo)).toEqual(texts);
    expect(openings()).toBeLessThanOrEqual(KEY_FAILURES + 2);
  });

  it("on the last-resort key costs its budget of openings, and the texts among it are read", async () => {
    const lastResort = cast.relay.mailboxes.keys(bo.address).at(-1) as OneTimeKeyJson;
    expect(lastResort.lastResort).toBe(true);
    const texts = await writeAmong((count) => junk(count, idOf(lastResort)));
    expect(await cast.read(bo)).toEqual(texts);
    expect(openings()).toBeLessThanOrEqual(LAST_RESORT_FAILURES + 2);
  });

  it("on each of its keys at once, last-resort among them, costs no more than the budgets of all", async () => {
    await cast.write(ann, bo, "written before all the junk");
    const keys = cast.relay.mailboxes.keys(bo.address);
    for (const key of keys) junk(Math.ceil(FLOOD / keys.length), idOf(key));
    await cast.write(ann, bo, "written after all the junk");
    expect(await cast.read(bo)).toEqual(["written before all the junk", "written after all the junk"]);
    const budget = (keys.length - 1) * KEY_FAILURES + LAST_RESORT_FAILURES;
    expect(openings()).toBeLessThanOrEqual(budget + 1);
  });

  it("that is said to be held for ever takes the room of what waits for its founding for a week only", async () => {
    const shown = (heldUntil: number) => {
      const messages = cast.relay.mailboxes.held(bo.address).map((held) => toJson({ ...held, heldUntil }));
      cast.relay.mailboxes.erase(
        bo.address,
        messages.map(({ id }) => id),
      );
      const pages = [messages];
      cast.relay.lies.pull = () => ({ messages: pages.shift() ?? [], more: false });
      return messages;
    };
    junk(64);
    shown(Number.MAX_SAFE_INTEGER);
    expect(await cast.read(bo)).toEqual([]);
    cast.relay.now += 8 * DAY;
    await cast.write(ann, bo, "the founding, held back");
    const founding = shown(cast.relay.now + DAY);
    await cast.write(ann, bo, "the text that waits for it");
    shown(cast.relay.now + DAY);
    expect(await cast.read(bo)).toEqual([]);
    cast.relay.lies.pull = () => ({ messages: founding, more: false });
    expect(await cast.read(bo)).toEqual(["the founding, held back", "the text that waits for it"]);
  });

  // FAILS: what is over the budget is set aside, and nothing takes it up again.
  it("delays who must found on a flooded last-resort key, and keeps nobody out for good", async () => {
    cast.relay.lies.claim = (call) => cast.relay.mailboxes.keys(call.address).at(-1);
    junk(LAST_RESORT_FAILURES + 20, idOf(cast.relay.mailboxes.keys(bo.address).at(-1) as OneTimeKeyJson));
    await cast.write(ann, bo, "from Ann, after the junk");
    await cast.write(cy, bo, "from Cy, after the junk");
    const read = await cast.read(bo);
    for (let hours = 0; hours < 24; hours++) {
      cast.relay.now += HOUR;
      read.push(...(await cast.read(bo)));
    }
    expect(read.sort()).toEqual(["from Ann, after the junk", "from Cy, after the junk"]);
  });
});

describe("long texts that strangers begin and never end", () => {
  it("take none of the room of those who are known, and the owner is told what found none", async () => {
    const cast = new Cast();
    const [bo, ann] = (await cast.acquainted(2)) as [Member, Member];
    const given: string[] = [];
    bo.device.listen((item) => {
      if (item.kind === "given-up") given.push(item.from);
    });
    const flooders: string[] = [];
    for (let i = 0; i < 4; i++) {
      const stranger = await cast.join();
      flooders.push(stranger.address);
      await stranger.device.add(bo.device.card());
      for (const letter of ["a", "b"]) {
        await stranger.device.send(bo.address, letter.repeat(1024 * 1024));
        // Each text's first part comes, and no other.
        const [first, ...others] = cast.relay.mailboxes.held(bo.address);
        expect(first).toBeDefined();
        const parts = letter === "a" ? others.slice(1) : others;
        cast.relay.mailboxes.erase(
          bo.address,
          parts.map(({ id }) => id),
        );
        expect(await cast.read(bo)).toEqual([]);
      }
    }
    expect(given).toEqual([1, 2, 3].flatMap((i) => [flooders[i], flooders[i]]));
    const long = "a line of a long text\n".repeat(20_000);
    await cast.write(ann, bo, long);
    expect(await cast.read(bo)).toEqual([long]);
    cast.expectTruth();
  });
});
