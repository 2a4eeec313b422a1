import { describe, expect, it } from "vitest";
import { ContactCardError } from "../../src/client/card.ts";
import { UnknownContactError } from "../../src/client/contacts.ts";
import { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { Courier } from "./courier.ts";
import { person, readAll } from "./person.ts";
import { useRelay } from "./relay.ts";

const texts = async (device: Device) => (await readAll(device)).map(({ text }) => text);

describe("a conversation of three", () => {
  const relay = useRelay();

  /** Ann knows Bo and Cy, who don't know each other. Her deposits go through `courier`. */
  async function three() {
    const courier = new Courier();
    const vault = new MemoryVault();
    const [ann, bo, cy] = await Promise.all([
      person(relay().origin, { vault, platform: { fetch: courier.fetch } }),
      person(relay().origin),
      person(relay().origin),
    ]);
    for (const other of [bo, cy]) {
      await ann.add(other.card());
      await other.add(ann.card());
    }
    const { id } = await ann.createConversation([bo.address, cy.address]);
    return { ann, bo, cy, id, courier, vault };
  }

  it("takes each text to each of them once, and answers to all, also to who was no contact before", async () => {
    const { ann, bo, cy, id } = await three();
    const first = await ann.send(id, "to both");
    expect(first).toMatchObject({ to: id, state: "held" });
    expect(new Set(first.pieces.map(({ person }) => person))).toEqual(new Set([bo.address, cy.address]));
    for (const other of [bo, cy])
      expect(await readAll(other)).toMatchObject([{ from: ann.address, conversation: id, text: "to both" }]);
    await bo.send(id, "from Bo");
    await cy.send(id, "from Cy");
    expect(new Set(await texts(ann))).toEqual(new Set(["from Bo", "from Cy"]));
    expect(await readAll(bo)).toMatchObject([{ from: cy.address, conversation: id, text: "from Cy" }]);
    expect(await readAll(cy)).toMatchObject([{ from: bo.address, conversation: id, text: "from Bo" }]);
    for (const each of [ann, bo, cy]) expect(await readAll(each)).toEqual([]);
  });

  it("is the same for all of them, and news to who did not make it", async () => {
    const { ann, bo, cy, id } = await three();
    const news: unknown[] = [];
    bo.listen((item) => news.push(item));
    await ann.send(id, "hello");
    await texts(bo);
    await texts(cy);
    expect(news).toEqual([{ kind: "conversation", id }]);
    const everybody = new Set([ann, bo, cy].map(({ address }) => address));
    for (const each of [ann, bo, cy]) {
      const [only, ...more] = each.conversations();
      expect([only?.id, more]).toEqual([id, []]);
      expect(new Set([...(only?.people ?? []), each.address])).toEqual(everybody);
    }
  });

  it("is another one each time it is made, and apart from what two of them write to each other", async () => {
    const { ann, bo, cy, id } = await three();
    const { id: other } = await ann.createConversation([cy.address, bo.address]);
    expect(other).not.toBe(id);
    await ann.send(id, "one");
    await ann.send(other, "two");
    await ann.send(bo.address, "alone");
    const read = await readAll(bo);
    expect(read.map(({ text, conversation }) => [text, conversation])).toEqual([
      ["one", id],
      ["two", other],
      ["alone", undefined],
    ]);
  });

  it("is of contacts, 2 to 31 of them besides the owner", async () => {
    const { ann, bo, cy } = await three();
    const stranger = await person(relay().origin);
    await expect(ann.createConversation([bo.address, stranger.address])).rejects.toThrow(UnknownContactError);
    for (const wrong of [[], [bo.address], [bo.address, bo.address], [bo.address, cy.address, ann.address]])
      await expect(ann.createConversation(wrong)).rejects.toThrow(RangeError);
    await expect(ann.send("A".repeat(22), "into nothing")).rejects.toThrow(UnknownContactError);
    await expect(ann.send(stranger.address, "to nobody known")).rejects.toThrow(UnknownContactError);
    await expect(ann.add(ann.card())).rejects.toThrow(ContactCardError);
    expect(ann.contacts().map(({ address }) => address)).not.toContain(ann.address);
  });

  it("keeps a text that comes before the definition, and shows it when that has come", async () => {
    const { ann, bo, id, courier } = await three();
    await ann.send(bo.address, "a channel");
    expect(await texts(bo)).toEqual(["a channel"]);
    courier.treat = ({ to }) => (to === bo.address && courier.kept === 0 ? "keep" : "pass");
    await ann.send(id, "too early");
    await ann.send(id, "as well");
    expect(courier.kept).toBe(1);
    expect(await texts(bo)).toEqual([]);
    expect(bo.conversations()).toEqual([]);
    await courier.release();
    expect((await texts(bo)).sort()).toEqual(["as well", "too early"]);
    expect(await texts(bo)).toEqual([]);
  });

  it("opens also when text, definition and founding come the wrong way round", async () => {
    const { ann, bo, id, courier } = await three();
    courier.treat = ({ to, kind }) => (to === bo.address && kind === "deposit" ? "keep" : "pass");
    await ann.send(bo.address, "founding");
    await ann.send(id, "text");
    expect(courier.kept).toBe(3);
    await courier.release([2, 1, 0]);
    expect((await texts(bo)).sort()).toEqual(["founding", "text"]);
  });

  it("sends the definition again when a mailbox did not take it", async () => {
    const { ann, bo, cy, id, courier } = await three();
    await ann.send(bo.address, "a channel");
    let refused = 0;
    courier.treat = ({ to }) => (to === bo.address && refused++ === 0 ? "refuse" : "pass");
    // The text itself was taken, and waits there for what it is part of.
    expect((await ann.send(id, "one")).state).toBe("held");
    expect(await texts(bo)).toEqual(["a channel"]);
    await ann.send(id, "two");
    expect((await texts(bo)).sort()).toEqual(["one", "two"]);
    expect(await texts(cy)).toEqual(["one", "two"]);
  });

  it("is known to who was away for a text that would not wait", async () => {
    const { ann, bo, id } = await three();
    await ann.send(id, "now or never", { ttlSeconds: 0 });
    await ann.send(id, "at any time");
    expect(await texts(bo)).toEqual(["at any time"]);
  });

  it("takes texts that are sent in the same moment, each once", async () => {
    const { ann, bo, cy, id } = await three();
    await Promise.all([ann.send(id, "one"), ann.send(id, "two"), ann.send(bo.address, "three")]);
    expect((await texts(bo)).sort()).toEqual(["one", "three", "two"]);
    expect(await texts(cy)).toEqual(["one", "two"]);
  });

  it("does not wait for a member whose relay can't be reached", async () => {
    const { ann, bo, cy, id, courier } = await three();
    courier.treat = ({ to }) => (to === cy.address ? "lose" : "pass");
    // No key could be had to seal to Cy with: Ann is told that Cy does not get it.
    const first = await ann.send(id, "one");
    expect(first.pieces.map(({ person, state }) => [person, state]).sort()).toEqual(
      [
        [bo.address, "held"],
        [cy.address, "refused"],
      ].sort(),
    );
    expect(await texts(bo)).toEqual(["one"]);
    courier.treat = () => "pass";
    await ann.send(id, "two");
    expect(await texts(cy)).toEqual(["two"]);
    // With a channel it waits for Cy, and for nobody else.
    courier.treat = ({ to }) => (to === cy.address ? "lose" : "pass");
    expect((await ann.send(id, "three")).state).toBe("queued");
    expect(await texts(bo)).toEqual(["two", "three"]);
    courier.treat = () => "pass";
    const news: unknown[] = [];
    ann.listen((item) => news.push(item));
    await ann.flush();
    expect(await texts(cy)).toEqual(["three"]);
    expect(news).toMatchObject([{ kind: "sent", sent: { to: id, state: "held" } }]);
  });

  it("gets to everybody once what was sealed when the device died", async () => {
    const { ann, bo, cy, id, courier, vault } = await three();
    courier.treat = ({ kind }) => (kind === "deposit" ? "lose" : "pass");
    expect((await ann.send(id, "sealed, and then the lights went out")).state).toBe("queued");
    const again = await Device.open({ vault });
    await again.flush();
    await again.flush();
    for (const other of [bo, cy])
      expect(await texts(other)).toEqual(["sealed, and then the lights went out"]);
    expect(again.conversations()).toHaveLength(1);
  });
});
