/** People with the SDK and people with what was written from the page, at one relay. */
import { describe, expect, it } from "vitest";
import { Cast } from "../lying/cast.ts";
import { define } from "./conversation.ts";
import { letterInto, letterTo } from "./letters.ts";
import { acceptInvitation, invite, linkCode, readLinkCode, takeAcceptance } from "./linking.ts";
import { type Mailed, mailed, read, send, textsIn } from "./on-relay.ts";
import { devicesOf, listOf, ownList, personOf } from "./people.ts";
import { codeToScan, fingerprint, safetyNumber } from "./safety-number.ts";

const said = (author: string, body: string, copied = false) => ({ author, body, copied });

/** Bodies of all that the SDK's device is handed. */
async function handed(cast: Cast, member: Awaited<ReturnType<Cast["join"]>>): Promise<string[]> {
  cast.relay.now += 5000;
  return cast.read(member);
}

/** Ann has the SDK, Sia was written from the page; each has the other's card. */
async function pair() {
  const cast = new Cast();
  const ann = await cast.join();
  const sia = mailed(cast.relay);
  await ann.device.add(sia.card);
  return { cast, ann, sia, annsFirst: (await sent(ann.device, sia)).body };
}

async function sent(device: { send(to: string, text: string): Promise<unknown> }, to: Mailed) {
  const body = "a first word to you";
  await device.send(to.memory.address, body);
  return { body };
}

function say(by: Mailed, to: string, body: string): void {
  send(by, letterTo(by.memory, to, body));
}

describe("two people, one with each implementation", () => {
  it("read each other, and found anew day after day", async () => {
    const { cast, ann, sia, annsFirst } = await pair();
    expect(textsIn(read(sia))).toEqual([said(ann.address, annsFirst)]);
    for (let day = 0; day < 4; day++) {
      say(sia, ann.address, `from the second on day ${day}`);
      const texts = [];
      for await (const { text, from, done } of ann.device.inbox({ once: true })) {
        texts.push({ text, from });
        await done();
      }
      expect(texts).toEqual([{ from: sia.memory.address, text: `from the second on day ${day}` }]);
      await ann.device.send(sia.memory.address, `from the SDK on day ${day}`);
      expect(textsIn(read(sia))).toEqual([said(ann.address, `from the SDK on day ${day}`)]);
      cast.relay.now += 25 * 60 * 60 * 1000;
    }
    expect(sia.memory.incoming.length).toBeGreaterThanOrEqual(4);
  });

  it("read each other's long texts, whichever part comes first", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const long = "Ein langer Brief, é€𝄞. ".repeat(12_000);
    await ann.device.send(sia.memory.address, long);
    const held = [...cast.relay.mailboxes.held(sia.memory.address)];
    cast.relay.mailboxes.erase(
      sia.memory.address,
      held.map(({ id }) => id),
    );
    for (const envelope of held.reverse()) cast.relay.mailboxes.put(sia.memory.address, envelope);
    expect(textsIn(read(sia))).toEqual([said(ann.address, long)]);
    say(sia, ann.address, long);
    expect(await handed(cast, ann)).toEqual([long]);
  });

  it("see the same safety number, and scan each other's code", async () => {
    const { ann, sia } = await pair();
    read(sia);
    const [own, theirs] = [fingerprint([sia.memory.address]), fingerprint([ann.address])];
    const { digits, code } = ann.device.safetyNumber(sia.memory.address);
    expect(digits.replaceAll(" ", "")).toBe(safetyNumber(own, theirs));
    expect(code).toBe(codeToScan(theirs, own));
    expect(await ann.device.compareSafetyCode(sia.memory.address, codeToScan(own, theirs))).toBe("same");
  });

  it("tell each other what was delivered and read", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    await ann.device.setReceipts({ delivered: true, read: true });
    say(sia, ann.address, "was this read, I wonder");
    await handed(cast, ann);
    await handed(cast, ann);
    cast.relay.now += 10_000;
    await ann.device.flush();
    read(sia);
    expect(sia.memory.outgoing.flatMap(({ texts }) => texts)).toMatchObject([{ received: true }]);
    const { id } = await ann.device.send(sia.memory.address, "and was this one read");
    read(sia);
    const ids = [Uint8Array.from(Buffer.from(id, "base64url"))];
    send(sia, [{ to: ann.address, bodies: [{ kind: "receipt", what: "read", ids }] }]);
    await handed(cast, ann);
    expect((await ann.device.state(id)).receipts).toEqual({ [sia.memory.address]: "read" });
  });
});

describe("a person with two devices", () => {
  it("of the SDK's is written to by the second on both, after one text", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const tab = await cast.linkTo(ann);
    // Her list rides along with what Ann writes next.
    await ann.device.send(sia.memory.address, "I have two devices now");
    read(sia);
    expect(devicesOf(sia.memory, ann.address)).toEqual([ann.address, tab.address]);
    say(sia, ann.address, "hello to both of them");
    expect(await handed(cast, ann)).toEqual(["hello to both of them"]);
    // With the own copy of what Ann wrote.
    expect((await handed(cast, tab)).sort()).toEqual(["I have two devices now", "hello to both of them"]);
    await tab.device.send(sia.memory.address, "and this from the tablet");
    expect(textsIn(read(sia))).toContainEqual(said(ann.address, "and this from the tablet"));
    const digits = ann.device.safetyNumber(sia.memory.address).digits.replaceAll(" ", "");
    const theirs = fingerprint(devicesOf(sia.memory, ann.address));
    expect(digits).toBe(safetyNumber(fingerprint([sia.memory.address]), theirs));
    await ann.device.ownDevices.unlink(tab.address);
    await ann.device.send(sia.memory.address, "only one again, I lost it");
    read(sia);
    expect(devicesOf(sia.memory, ann.address)).toEqual([ann.address]);
    expect(personOf(sia.memory, tab.address)).toBe(tab.address);
  });

  it("made by the second is written to by the SDK on both, and the second copies what it wrote", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const pad = mailed(cast.relay);
    link(sia, pad);
    expect(ownList(pad.memory)).toEqual(ownList(sia.memory));
    say(sia, ann.address, "I have two devices now");
    expect(textsIn(read(pad))).toEqual([said(sia.memory.address, "I have two devices now", true)]);
    expect(await handed(cast, ann)).toEqual(["I have two devices now"]);
    await ann.device.send(sia.memory.address, "hello to both of them");
    expect(textsIn(read(sia))).toEqual([said(ann.address, "hello to both of them")]);
    expect(textsIn(read(pad))).toEqual([said(ann.address, "hello to both of them")]);
    // The pad, which Ann never wrote to before it was listed, is the same person to her.
    say(pad, ann.address, "and this from the pad");
    expect(textsIn(read(sia))).toContainEqual(said(sia.memory.address, "and this from the pad", true));
    const texts = [];
    for await (const text of ann.device.inbox({ once: true }))
      texts.push({ from: text.from, text: text.text });
    expect(texts).toEqual([{ from: sia.memory.address, text: "and this from the pad" }]);
    const digits = ann.device.safetyNumber(sia.memory.address).digits.replaceAll(" ", "");
    const own = fingerprint([sia.memory.address, pad.memory.address]);
    expect(digits).toBe(safetyNumber(own, fingerprint([ann.address])));
  });

  it("may have one of each: the SDK links the second", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const bo = await cast.join();
    await bo.device.add(ann.device.card());
    const pad = mailed(cast.relay);
    const secret = new Uint8Array(16).fill(7);
    await ann.device.ownDevices.approveLink(linkCode(pad.memory, secret));
    await ann.device.flush();
    answerInvitation(pad, secret);
    await handed(cast, ann);
    await ann.device.flush();
    read(pad);
    expect(personOf(pad.memory, pad.memory.address)).toBe(ann.address);
    expect(ann.device.ownDevices.list().map(({ address }) => address)).toEqual([
      ann.address,
      pad.memory.address,
    ]);
    await ann.device.send(sia.memory.address, "written on the first device");
    cast.relay.now += 5000;
    await ann.device.flush();
    expect(textsIn(read(pad))).toContainEqual(said(ann.address, "written on the first device", true));
    await bo.device.send(ann.address, "Bo does not know the pad");
    await handed(cast, ann);
    cast.relay.now += 5000;
    await ann.device.flush();
    expect(textsIn(read(pad))).toContainEqual(said(bo.address, "Bo does not know the pad", true));
  });

  it("may have one of each: the second links the SDK's", async () => {
    const { cast, ann, sia } = await pair();
    const tab = await cast.join();
    const code = readLinkCode(await tab.device.ownDevices.linkCode());
    if (code === undefined) expect.fail();
    read(sia);
    say(sia, ann.address, "before there were two");
    send(sia, [{ to: code.address, bodies: [invite(sia.memory, code)] }]);
    await handed(cast, tab);
    await tab.device.flush();
    takeAcceptances(sia);
    await handed(cast, tab);
    expect(tab.device.ownDevices.list().map(({ address }) => address)).toEqual([
      sia.memory.address,
      tab.address,
    ]);
    await handed(cast, ann);
    say(sia, ann.address, "written on the second's first device");
    expect(await handed(cast, tab)).toEqual(["written on the second's first device"]);
    expect(await handed(cast, ann)).toEqual(["written on the second's first device"]);
    expect(listOf(sia.memory, sia.memory.address)?.counter).toBe(1);
  });
});

describe("a conversation of three", () => {
  it("made by the SDK is read and written by the second", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const bo = await cast.join();
    await ann.device.add(bo.device.card());
    const { id } = await ann.device.createConversation([sia.memory.address, bo.address]);
    await ann.device.send(id, "to the two of you");
    expect(textsIn(read(sia))).toEqual([said(ann.address, "to the two of you")]);
    const [defined] = sia.memory.conversations;
    if (defined === undefined) expect.fail();
    expect(Buffer.from(defined.conversation).toString("base64url")).toBe(id);
    send(sia, letterInto(sia.memory, defined, "and from the second"));
    await handed(cast, ann);
    const texts = [];
    for await (const text of bo.device.inbox({ once: true })) {
      texts.push({ from: text.from, text: text.text, conversation: text.conversation });
      await text.done();
    }
    expect(texts).toEqual([
      { from: ann.address, text: "to the two of you", conversation: id },
      { from: sia.memory.address, text: "and from the second", conversation: id },
    ]);
  });

  it("made by the second is read and written by the SDK", async () => {
    const { cast, ann, sia } = await pair();
    read(sia);
    const bo = await cast.join();
    const people = [sia.memory.address, ann.address, bo.address].map((address) => ({
      address,
      reach: {
        token: Uint8Array.from(Buffer.from(cast.relay.mailboxes.open(address), "base64url")),
        origin: cast.relay.origin,
      },
    }));
    const defined = define(people, new Uint8Array(16).fill(3));
    sia.memory.conversations.push(defined);
    send(sia, letterInto(sia.memory, defined, "made by the second"));
    expect(await handed(cast, ann)).toEqual(["made by the second"]);
    expect(await handed(cast, bo)).toEqual(["made by the second"]);
    const id = Buffer.from(defined.conversation).toString("base64url");
    await bo.device.send(id, "answered by the SDK");
    expect(textsIn(read(sia))).toEqual([said(bo.address, "answered by the SDK")]);
    expect(await handed(cast, ann)).toEqual(["answered by the SDK"]);
  });
});

/** Both with the second implementation, over the relay. */
function link(first: Mailed, other: Mailed): void {
  const secret = new Uint8Array(16).fill(9);
  const code = readLinkCode(linkCode(other.memory, secret));
  if (code === undefined) throw new Error("no code");
  send(first, [{ to: code.address, bodies: [invite(first.memory, code)] }]);
  answerInvitation(other, secret);
  takeAcceptances(first);
  read(other);
}

function answerInvitation(by: Mailed, secret: Uint8Array): void {
  for (const happened of read(by)) {
    if (happened.kind !== "link" || happened.content.kind !== "link-invitation") continue;
    const { device, content } = happened;
    const answer = acceptInvitation(by.memory, device, content.json, secret, by.withdrawal);
    if (answer === undefined) throw new Error("not accepted");
    send(by, [{ to: device, bodies: [answer] }]);
  }
}

/** Signs the list, and tells everybody it has a channel with. */
function takeAcceptances(by: Mailed): void {
  for (const happened of read(by)) {
    if (happened.kind !== "link" || happened.content.kind !== "link-acceptance") continue;
    if (!takeAcceptance(by.memory, happened.device, happened.content.json)) throw new Error("not accepted");
    const peers = new Set(by.memory.outgoing.map(({ to }) => to));
    send(
      by,
      [...peers].map((to) => ({ to, bodies: [{ kind: "bare" as const }] })),
    );
  }
}
