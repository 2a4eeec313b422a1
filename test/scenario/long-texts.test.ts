import { describe, expect, it } from "vitest";
import { TextTooLongError } from "../../src/client/addressing.ts";
import type { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import { MAX_TEXT } from "../../src/client/parts/cutting.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Courier } from "./courier.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

/** `ü` is two octets, so that parts are cut inside of characters. */
const long = (octets: number) => `${"x".repeat(octets % 2)}${"ü".repeat(octets >> 1)}`;
const texts = async (device: Device) => (await readAll(device)).map(({ text }) => text);
const partsIn = (vault: MemoryVault) =>
  ["part/", "assembling/"].flatMap((prefix) => vault.list(prefix).map(([name]) => name));

describe("a long text", () => {
  const relay = useRelay();

  /** Ann's deposits go by `courier`; Bo's clock can be moved. */
  async function scene() {
    const courier = new Courier();
    const vault = new MemoryVault();
    let ahead = 0;
    const [ann, bo] = await Promise.all([
      person(relay().origin, { platform: { fetch: courier.fetch } }),
      person(relay().origin, { vault, platform: { now: () => Date.now() + ahead } }),
    ]);
    await ann.add(bo.card());
    const later = (ms: number) => {
      ahead += ms;
    };
    return { ann, bo, vault, courier, later };
  }

  it("of 1 MiB arrives whole and once, and is one text with one state", async () => {
    const { ann, bo, vault } = await scene();
    const book = long(MAX_TEXT);
    const sent = await ann.send(bo.address, book);
    expect([sent.state, sent.pieces.map(({ part }) => part)]).toEqual([
      "held",
      Array.from({ length: 18 }, (_, i) => i),
    ]);
    await ann.send(bo.address, "after it");
    const [first, second, ...more] = await readAll(bo);
    expect(first?.text === book).toBe(true);
    expect([first?.id, second?.text, more]).toEqual([sent.id, "after it", []]);
    expect(await texts(bo)).toEqual([]);
    expect(partsIn(vault)).toEqual([]);
  });

  it("is put together in any order of its parts, some of them twice", async () => {
    const { ann, bo, vault, courier } = await scene();
    await ann.send(bo.address, "hello");
    await texts(bo);
    courier.treat = ({ kind }) => (kind === "deposit" ? "keep" : "pass");
    const book = long(500_001);
    await ann.send(bo.address, book);
    expect(courier.kept).toBe(9);
    await courier.release([8, 3, 0, 0, 7, 2, 1, 8, 6, 4, 5, 5]);
    const [whole, ...more] = await texts(bo);
    expect([whole === book, more, partsIn(vault)]).toEqual([true, [], []]);
  });

  it("whose parts come in several visits is shown with the last of them", async () => {
    const { ann, bo, vault, courier } = await scene();
    await ann.send(bo.address, "hello");
    await texts(bo);
    const book = long(300_001);
    courier.treat = ({ kind }) => (kind === "deposit" && courier.kept < 2 ? "keep" : "pass");
    await ann.send(bo.address, book);
    expect(await texts(bo)).toEqual([]);
    await courier.release([1, 0, 1]);
    const [whole, ...more] = await texts(bo);
    expect([whole === book, more, partsIn(vault)]).toEqual([true, [], []]);
  });

  it("of one octet more than 1 MiB is refused, and so is a revocable one of several parts; nothing is sent", async () => {
    const { ann, bo, courier } = await scene();
    await ann.send(bo.address, "hello");
    courier.calls = 0;
    await expect(ann.send(bo.address, long(MAX_TEXT + 1))).rejects.toThrow(
      new TextTooLongError("The text is longer than 1 MiB."),
    );
    await expect(ann.send(bo.address, long(60_001), { revocable: true })).rejects.toThrow(TextTooLongError);
    expect(courier.calls).toBe(0);
    const most = await ann.send(bo.address, long(60_000), { revocable: true });
    expect(most.pieces).toHaveLength(1);
  });

  it("of which a part expires on its way is given up, told of once, and gone from the vault", async () => {
    const { ann, bo, vault, courier, later } = await scene();
    await ann.send(bo.address, "hello");
    await texts(bo);
    const news: News[] = [];
    bo.listen((item) => news.push(item));
    courier.treat = ({ kind }) => (kind === "deposit" && courier.kept === 0 ? "keep" : "pass");
    const sent = await ann.send(bo.address, long(200_000), { ttlSeconds: 20 });
    expect(await texts(bo)).toEqual([]);
    expect(partsIn(vault).length).toBeGreaterThan(0);
    later(25_000);
    expect(await texts(bo)).toEqual([]);
    expect(news).toEqual([{ kind: "given-up", id: sent.id, from: ann.address }]);
    expect(partsIn(vault)).toEqual([]);
    // The part that comes at last begins nothing anew.
    await courier.release();
    expect(await texts(bo)).toEqual([]);
    expect([news.length, partsIn(vault)]).toEqual([1, []]);
  });

  it("goes to everybody in a conversation", async () => {
    const { ann, bo } = await scene();
    const cy = await person(relay().origin);
    await ann.add(cy.card());
    const { id } = await ann.createConversation([bo.address, cy.address]);
    const book = long(150_000);
    await ann.send(id, book);
    for (const each of [bo, cy])
      expect((await readAll(each)).map(({ conversation, text }) => [conversation, text === book])).toEqual([
        [id, true],
      ]);
  });
});
