import { afterEach, describe, expect, it } from "vitest";
import type { Device } from "../../src/client/device.ts";
import { MemoryVault } from "../../src/client/vault/memory.ts";
import { person, readAll } from "./person.ts";
import { eventually, useRelay } from "./relay.ts";
import { link } from "./several-devices.ts";
import { WatchedSockets } from "./watched-sockets.ts";

const texts = async (device: Device) => (await readAll(device)).map(({ text }) => text);

describe("a device that has more than one thing to send", () => {
  const relay = useRelay();
  const open: Device[] = [];
  afterEach(async () => {
    for (const device of open.splice(0)) await device.close();
  });
  const somebody = async (watched?: WatchedSockets, vault = new MemoryVault()) => {
    const device = await person(relay().origin, watched ? { vault, platform: watched.platform } : { vault });
    open.push(device);
    return device;
  };

  /** Ann knows three people, has a conversation with them, and channels to all. */
  async function four() {
    const watched = new WatchedSockets();
    const vault = new MemoryVault();
    const ann = await somebody(watched, vault);
    const others = await Promise.all([somebody(), somebody(), somebody()]);
    for (const other of others) await ann.add(other.card());
    const { id } = await ann.createConversation(others.map(({ address }) => address));
    const begin = async () => {
      await ann.send(id, "first");
      for (const other of others) expect(await texts(other)).toEqual(["first"]);
    };
    return { watched, ann, others, id, begin, vault };
  }

  it("sends a text to a conversation in one frame, and to one person by a plain request", async () => {
    const { watched, ann, others, id, begin } = await four();
    await begin();
    watched.clear();
    const sent = await ann.send(id, "to all");
    expect(sent.pieces.map(({ state }) => state)).toEqual(["held", "held", "held"]);
    expect([watched.sizes, watched.posts]).toEqual([[3], []]);
    expect(new Set(watched.frames[0]?.map(({ address }) => address))).toEqual(
      new Set(others.map(({ address }) => address)),
    );
    for (const other of others) expect(await texts(other)).toEqual(["to all"]);
    const [bo] = others;
    watched.clear();
    await ann.send(bo?.address ?? "", "to you");
    expect([watched.sizes, watched.posts]).toEqual([[], [bo?.address]]);
  });

  it("sends foundings first, and what is sealed behind them when they are answered", async () => {
    const { watched, ann, others, id } = await four();
    await ann.send(id, "first");
    // The definition founds the channel. The text comes behind it, when that mailbox has answered.
    expect([watched.sizes[0], watched.frames.flat().length + watched.posts.length]).toEqual([3, 6]);
    for (const other of others) expect(await texts(other)).toEqual(["first"]);
  });

  it("drops what is behind a founding that is refused, unsent, and tells who got it and who did not", async () => {
    const { watched, ann, others, id } = await four();
    const [bo, cy, di] = others as [Device, Device, Device];
    // Cy leaves in the moment between the claim of a key and the deposit.
    watched.before = async () => {
      watched.before = () => undefined;
      await cy.withdraw();
    };
    const sent = await ann.send(id, "not to all");
    const sentTo = [...watched.frames.flat().map(({ address }) => address), ...watched.posts];
    expect(others.map(({ address }) => sentTo.filter((to) => to === address).length)).toEqual([2, 1, 2]);
    const told = new Map(sent.pieces.map(({ device, state, problem }) => [device, problem ?? state]));
    expect(told).toEqual(
      new Map([
        [bo.address, "held"],
        [cy.address, "not-authorized"],
        [di.address, "held"],
      ]),
    );
  });

  it("sends a backlog to each in few frames, in order", async () => {
    const { watched, ann, others, begin } = await four();
    await begin();
    watched.clear();
    watched.online = false;
    for (const other of others)
      for (const text of ["1", "2", "3", "4"])
        expect((await ann.send(other.address, text)).state).toBe("queued");
    watched.online = true;
    await ann.flush();
    expect([watched.sizes, watched.posts]).toEqual([[12], []]);
    for (const other of others) expect(await texts(other)).toEqual(["1", "2", "3", "4"]);
  });

  it("sends what is written to one person while a text is on its way in one frame, in order", async () => {
    const { watched, ann, others, begin, vault } = await four();
    await begin();
    watched.clear();
    const [bo] = others as [Device, Device, Device];
    const written = ["1", "2", "3", "4", "5", "6"];
    watched.beforePost = () => eventually(() => vault.list("outbox/").length === written.length);
    const sent = await Promise.all(written.map((text) => ann.send(bo.address, text)));
    expect(sent.map(({ state }) => state)).toEqual(written.map(() => "held"));
    expect([watched.sizes, watched.posts]).toEqual([[5], [bo.address]]);
    expect(await texts(bo)).toEqual(written);
  });

  it("seals nothing behind what begins a channel before that is answered", async () => {
    const { watched, ann, others, vault } = await four();
    const [bo, cy] = others as [Device, Device, Device];
    let waiting = 0;
    watched.beforePost = async () => {
      watched.beforePost = () => undefined;
      // Takes longer than to seal what need not wait.
      await ann.send(cy.address, "meanwhile");
      waiting = vault.list("outbox/").length;
    };
    const sent = await Promise.all(["1", "2", "3"].map((text) => ann.send(bo.address, text)));
    expect([sent.map(({ state }) => state), waiting]).toEqual([["held", "held", "held"], 1]);
    expect(await texts(bo)).toEqual(["1", "2", "3"]);
  });

  it("sends the parts of a long text several at a time", async () => {
    const { watched, ann, others, begin } = await four();
    await begin();
    watched.clear();
    const [bo] = others;
    const long = "long ".repeat(100_000);
    expect((await ann.send(bo?.address ?? "", long)).state).toBe("held");
    expect(watched.posts.length).toBeLessThan(2);
    expect(watched.frames.length).toBeLessThan(4);
    expect(await texts(bo as Device)).toEqual([long]);
  });

  it.each(["after", "before"] as const)(
    "loses nothing and shows nothing twice when the socket is cut, %s the relay heard",
    async (when) => {
      const { watched, ann, others, id, begin } = await four();
      await begin();
      watched.clear();
      watched.cut = () => when;
      const sent = await ann.send(id, "cut");
      expect(sent.pieces.map(({ state }) => state)).toEqual(["held", "held", "held"]);
      expect(watched.sizes).toEqual([3]);
      expect(new Set(watched.posts)).toEqual(new Set(others.map(({ address }) => address)));
      watched.cut = () => "pass";
      await ann.send(id, "on");
      for (const other of others) expect(await texts(other)).toEqual(["cut", "on"]);
    },
  );

  it("does not call refused what a socket that was cut may have taken", async () => {
    const { watched, ann, others, id, begin } = await four();
    await begin();
    watched.cut = () => "after";
    const left = new Promise<void>((resolve) => {
      watched.beforePost = async () => {
        watched.beforePost = () => left;
        await others[0]?.withdraw();
        resolve();
      };
    });
    const sent = await ann.send(id, "cut");
    const told = new Map(sent.pieces.map(({ device, state, problem }) => [device, [state, problem]]));
    expect(told.get(others[0]?.address ?? "")).toEqual(["undecided", "not-authorized"]);
    expect(told.get(others[1]?.address ?? "")).toEqual(["held", undefined]);
  });

  it("does not send now-or-never a second time when the socket is cut: that is undecided", async () => {
    const { watched, ann, id, begin } = await four();
    await begin();
    watched.clear();
    watched.cut = () => "after";
    const sent = await ann.send(id, "now", { ttlSeconds: 0 });
    expect(sent.pieces.map(({ state }) => state)).toEqual(["undecided", "undecided", "undecided"]);
    expect(watched.posts).toEqual([]);
  });

  it("sends by plain requests where there is no such socket, and does not look for it again at once", async () => {
    const { watched, ann, others, id } = await four();
    watched.path = "/v1/nowhere";
    await ann.send(id, "first");
    await ann.send(id, "second");
    expect([watched.opened, watched.frames]).toEqual([0, []]);
    expect(watched.posts).toHaveLength(9);
    for (const other of others) expect(await texts(other)).toEqual(["first", "second"]);
  });

  it("takes the truth of each mailbox: who left is told of, the others have it; a live one has it delivered", async () => {
    const { watched, ann, others, id, begin } = await four();
    await begin();
    watched.clear();
    const [bo, cy, di] = others as [Device, Device, Device];
    await cy.withdraw();
    const shown: string[] = [];
    const states: string[] = [];
    const stop = new AbortController();
    const live = (async () => {
      for await (const { text } of di.inbox({ signal: stop.signal, onState: (state) => states.push(state) }))
        shown.push(text);
    })();
    while (!states.includes("open")) await new Promise((resolve) => setTimeout(resolve, 10));
    const sent = await ann.send(id, "who is there?");
    expect(watched.sizes).toEqual([3]);
    const told = new Map(sent.pieces.map(({ device, state, problem }) => [device, problem ?? state]));
    expect(told).toEqual(
      new Map([
        [bo.address, "held"],
        [cy.address, "not-authorized"],
        [di.address, "delivered"],
      ]),
    );
    stop.abort();
    await live;
    expect(shown).toEqual(["who is there?"]);
  });

  it("never sends to the owner's other devices on the socket that goes to others", async () => {
    const { watched, ann, others, id, begin } = await four();
    const tablet = await somebody();
    await link(ann, tablet);
    await begin();
    watched.clear();
    // A backlog to all of them: what would leave together if it might.
    watched.online = false;
    for (const text of ["1", "2"]) await ann.send(id, text);
    await ann.flush();
    watched.online = true;
    await ann.flush();
    expect(watched.frames.flat()).toHaveLength(2 * others.length);
    expect(watched.frames.flat().some(({ address }) => address === tablet.address)).toBe(false);
    expect(watched.posts).toContain(tablet.address);
    expect((await texts(tablet)).slice(-2)).toEqual(["1", "2"]);
    for (const other of others) expect(await texts(other)).toEqual(["1", "2"]);
  });
});
