import { describe, expect, it } from "vitest";
import { Device } from "../../src/client/device.ts";
import type { News } from "../../src/client/news.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Courier } from "./courier.ts";
import { person, readAll } from "./person.ts";
import { sealRaw } from "./raw-seal.ts";
import { useRelay } from "./relay.ts";

/** The longest that a receipt waits on purpose. */
const LONGEST_DELAY = 6000;

describe("receipts between people", () => {
  const relay = useRelay();

  /** Ann writes to Bo, whose clock stands until it is moved and whose deposits are counted. */
  async function scene(settings?: Parameters<Device["setReceipts"]>[0]) {
    const courier = new Courier();
    let now = Date.now();
    let deposits = 0;
    courier.treat = ({ kind }) => {
      if (kind === "deposit") deposits++;
      return "pass";
    };
    const [ann, bo] = await Promise.all([
      person(relay().origin),
      person(relay().origin, { platform: { fetch: courier.fetch, now: () => now } }),
    ]);
    await ann.add(bo.card());
    if (settings !== undefined) await bo.setReceipts(settings);
    const later = (ms: number) => {
      now += ms;
    };
    /** What Ann hears of, by text. */
    const heard = async () => {
      const news: News[] = [];
      const end = ann.listen((item) => news.push(item));
      expect(await readAll(ann)).toEqual([]);
      end();
      return news.map((item) => (item.kind === "sent" ? [item.sent.id, item.sent.receipts] : item));
    };
    return { ann, bo, courier, later, heard, deposited: () => deposits };
  }

  it("are off: nothing is sent to who wrote, not even later", async () => {
    const { ann, bo, courier, later, heard, deposited } = await scene();
    expect(bo.receipts()).toEqual({ delivered: false, read: false });
    await ann.send(bo.address, "hello");
    expect(await readAll(bo)).toHaveLength(1);
    courier.calls = 0;
    later(LONGEST_DELAY);
    await bo.flush();
    expect([courier.calls, deposited()]).toEqual([0, 0]);
    expect(await heard()).toEqual([]);
  });

  it.each([
    ["delivered", { delivered: true, read: false }, ["delivered"]],
    ["read", { delivered: false, read: true }, ["read"]],
    ["both", { delivered: true, read: true }, ["delivered", "read"]],
  ] as const)("tell what is turned on, and only that: %s", async (_, settings, told) => {
    const { ann, bo, later, heard, deposited } = await scene(settings);
    expect(bo.receipts()).toEqual(settings);
    const { id } = await ann.send(bo.address, "hello");
    const inbox = bo.inbox({ once: true });
    const { value: text } = await inbox.next();
    later(LONGEST_DELAY);
    await bo.flush();
    expect(deposited()).toBe(settings.delivered ? 1 : 0);
    await text?.done();
    later(LONGEST_DELAY);
    await bo.flush();
    expect(deposited()).toBe(told.length);
    expect(await heard()).toEqual(told.map((what) => [id, { [bo.address]: what }]));
    expect((await ann.state(id)).receipts).toEqual({ [bo.address]: told.at(-1) });
  });

  it("leave a second or more after their cause, which the moment would give away", async () => {
    const { ann, bo, later, deposited } = await scene({ delivered: true, read: true });
    await ann.send(bo.address, "hello");
    expect(await readAll(bo)).toHaveLength(1);
    expect(await readAll(bo)).toEqual([]);
    expect(deposited()).toBe(0);
    later(LONGEST_DELAY);
    expect(await readAll(bo)).toEqual([]);
    expect(deposited()).toBe(2);
  });

  it("can be turned off again, for texts from then on", async () => {
    const { ann, bo, later, deposited } = await scene({ delivered: true, read: true });
    await bo.setReceipts({ delivered: false, read: false });
    await ann.send(bo.address, "hello");
    expect(await readAll(bo)).toHaveLength(1);
    later(LONGEST_DELAY);
    await bo.flush();
    expect(deposited()).toBe(0);
  });

  it("say nothing of a text that was taken back before it was theirs", async () => {
    const { ann, bo, later, heard } = await scene({ delivered: true, read: true });
    const { id } = await ann.send(bo.address, "no, wait", { revocable: true });
    await ann.revoke(id);
    await ann.send(bo.address, "this", { revocable: true });
    expect((await readAll(bo)).map(({ text }) => text)).toEqual(["this"]);
    later(LONGEST_DELAY);
    await bo.flush();
    expect((await heard()).map((item) => Array.isArray(item) && item[0] === id)).toEqual([false, false]);
    expect((await ann.state(id)).receipts).toBeUndefined();
  });

  it("wait for a relay that can't be reached; flush does not wait with them", async () => {
    const vault = new MemoryVault();
    const [ann, bo] = await Promise.all([person(relay().origin), person(relay().origin, { vault })]);
    await ann.add(bo.card());
    await bo.setReceipts({ delivered: true, read: false });
    const { id } = await ann.send(bo.address, "hello");
    await readAll(bo);
    const now = () => Date.now() + LONGEST_DELAY;
    const nowhere = () => Promise.reject(new TypeError("no route"));
    await (await Device.open({ vault, platform: { fetch: nowhere, now } })).flush();
    await (await Device.open({ vault, platform: { now } })).flush();
    await readAll(ann);
    expect((await ann.state(id)).receipts).toEqual({ [bo.address]: "delivered" });
  });

  it("in a conversation name who got it, and go to who wrote it alone", async () => {
    const { ann, bo, later, heard, deposited } = await scene({ delivered: false, read: true });
    const cy = await person(relay().origin);
    await ann.add(cy.card());
    const { id } = await ann.createConversation([bo.address, cy.address]);
    const sent = await ann.send(id, "hello");
    for (const each of [bo, cy]) expect(await readAll(each)).toHaveLength(1);
    later(LONGEST_DELAY);
    await bo.flush();
    expect(deposited()).toBe(1);
    expect(await heard()).toEqual([[sent.id, { [bo.address]: "read" }]]);
    expect(await readAll(cy)).toEqual([]);
  });
});

describe("a receipt from somebody who was not sent the text", () => {
  const relay = useRelay();

  it("changes nothing and is no news", async () => {
    const vault = new MemoryVault();
    const [ann, bo, eve] = await Promise.all([
      person(relay().origin),
      person(relay().origin),
      person(relay().origin, { vault }),
    ]);
    await ann.add(bo.card());
    await eve.add(ann.card());
    const { id } = await ann.send(bo.address, "for Bo");
    const before = await ann.state(id);
    await eve.send(ann.address, "hello");
    await readAll(ann);
    const news: News[] = [];
    ann.listen((item) => news.push(item));
    const ids = [Buffer.from(id, "base64url"), new Uint8Array(16)];
    for (const what of ["delivered", "read"] as const)
      await sealRaw(vault, ann, { kind: "receipt", what, ids });
    expect(await readAll(ann)).toEqual([]);
    expect([news, await ann.state(id)]).toEqual([[], before]);
  });
});
