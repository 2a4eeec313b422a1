import { beforeEach, describe, expect, it } from "vitest";
import type { MessagesAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { Cast, type Member } from "./cast.ts";
import { toJson } from "./mailboxes.ts";

type Message = MessagesAnswer["messages"][number];

/** Longer than any envelope, and no two stretches of it alike. */
const STORY = Array.from({ length: 20_000 }, (_, i) => `line ${i} of a long story`)
  .join("\n")
  .slice(0, 300_000);

describe("a relay that holds a long text in parts", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let parts: Message[];
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo] = (await cast.acquainted(2)) as [Member, Member];
    await cast.write(ann, bo, "a text to begin with");
    expect(await cast.read(bo)).toEqual(["a text to begin with"]);
    await cast.write(ann, bo, STORY);
    parts = cast.relay.mailboxes.held(bo.address).map(toJson);
    expect(parts.length).toBeGreaterThan(4);
  });

  function show(messages: readonly Message[]): Promise<string[]> {
    const pages = [{ messages, more: false }];
    cast.relay.lies.pull = () => pages.shift() ?? { messages: [], more: false };
    cast.relay.lies.erase = (call) => ({ erased: JSON.parse(new TextDecoder().decode(call.octets)).ids });
    return cast.read(bo);
  }

  it("can show them in any order, doubled, one by one and with restarts: it is read whole, and once", async () => {
    const [last, ...others] = [...parts].reverse() as [Message, ...Message[]];
    for (const part of others) {
      expect(await show([part, { ...part, id: part.id + 1000 }])).toEqual([]);
      await cast.restart(bo);
    }
    expect(await show([last])).toEqual([STORY]);
    expect(await show(parts)).toEqual([]);
    cast.expectTruth();
  });

  it("can withhold or change one: nothing of the text is read until the true one comes", async () => {
    const [one, ...others] = parts as [Message, ...Message[]];
    const body = decodeBase64url(one.body) ?? new Uint8Array();
    const changed = { ...one, body: encodeBase64url(body.with(5000, (body[5000] ?? 0) ^ 1)) };
    expect(await show([changed, ...others])).toEqual([]);
    expect(await show([one])).toEqual([STORY]);
    cast.expectTruth();
  });

  it("can withhold one for good: the text is given up, and later ones are read", async () => {
    expect(await show(parts.slice(1))).toEqual([]);
    cast.relay.now += 9 * DAY;
    cast.relay.lies = {};
    await cast.write(ann, bo, "a text from later on");
    expect(await cast.read(bo)).toContain("a text from later on");
    expect(bo.vault.list("").reduce((sum, [, value]) => sum + value.length, 0)).toBeLessThan(100_000);
    cast.expectTruth();
  });
});
