import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../src/client/channel/content.ts";
import { getIncoming } from "../../../src/client/channel/incoming.ts";
import { LOOK_AHEAD } from "../../../src/client/channel/limits.ts";
import { sealMessage } from "../../../src/client/channel/message.ts";
import { getOutgoing } from "../../../src/client/channel/outgoing.ts";
import { step } from "../../../src/client/channel/ratchet.ts";
import type { SealedEnvelope } from "../../../src/client/channel/sealing.ts";
import { sweepChannels } from "../../../src/client/channel/sweeping.ts";
import { encodeEnvelope } from "../../../src/protocol/envelope.ts";
import { DAY } from "../../../src/protocol/limits.ts";
import {
  type Actor,
  acquainted,
  actor,
  bodyOf,
  copyOf,
  entriesOf,
  flip,
  open,
  opened,
  START,
  seal,
  sealOne,
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
      const { message } = await opened(bo, envelope);
      expect(message).toMatchObject({
        head: { sentAt: START },
        counter: i + 2,
        content: { body: `text ${i}` },
      });
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

  it("refuses a text that is not admitted, or what is no content", async () => {
    const [ann, bo] = [await actor(), await actor()];
    await acquainted(ann, bo);
    const { chainKey } =
      (await ann.vault.transaction((draft) => getOutgoing(draft, bo.identity.address.text))) ?? {};
    if (chainKey === undefined) throw new Error("no channel");
    const keys = step(chainKey);
    const foreign = encodeMessage({
      head: { sentAt: START, known: 0 },
      counter: 1,
      content: {
        kind: "text",
        id: new Uint8Array(16),
        conversation: new Uint8Array(16),
        members: new Uint8Array(32),
        revocable: false,
        body: "psst",
      },
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
    // The first with room carries a key: its private half, and to whom it was given; at the other end, from whom.
    expect(await changes(ann, async () => (envelope = (await sealOne(ann, bo, "hi")).bytes))).toBe(4);
    expect(await changes(bo, () => opened(bo, envelope ?? new Uint8Array()))).toBe(6);
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
