import { beforeEach, describe, expect, it } from "vitest";
import { parseAddress } from "../../src/protocol/address.ts";
import type { MessagesAnswer } from "../../src/protocol/answers.ts";
import { decodeBase64url, encodeBase64url } from "../../src/protocol/base64url.ts";
import { DAY } from "../../src/protocol/limits.ts";
import { oneTimeKeyFromJson } from "../../src/protocol/one-time-key.ts";
import { actor } from "../client/channel/scene.ts";
import { Cast, type Member } from "./cast.ts";
import { forgeFounding } from "./forging.ts";
import { toJson } from "./mailboxes.ts";

type Message = MessagesAnswer["messages"][number];

const HOUR = DAY / 24;
const NOTHING: MessagesAnswer = { messages: [], more: false };

describe("a relay that lies about messages", () => {
  let cast: Cast;
  let ann: Member;
  let bo: Member;
  let cy: Member;
  beforeEach(async () => {
    cast = new Cast();
    [ann, bo, cy] = (await cast.acquainted(3)) as [Member, Member, Member];
  });

  /** What waits for somebody, out of the relay's hands: it can be shown in any way from then on. */
  function take(whose: Member): Message[] {
    const { mailboxes } = cast.relay;
    const messages = mailboxes.held(whose.address).map(toJson);
    mailboxes.erase(
      whose.address,
      messages.map(({ id }) => id),
    );
    return messages;
  }

  /** Shows these in the next pull, and then nothing; takes every acknowledgement for one. */
  function show(messages: Message[]): void {
    const pages = [{ messages, more: false }];
    cast.relay.lies.pull = () => pages.shift() ?? NOTHING;
    cast.relay.lies.erase = (call) => ({ erased: JSON.parse(new TextDecoder().decode(call.octets)).ids });
  }

  async function writeThree(): Promise<void> {
    for (const text of ["the first of three", "the second of three", "the third of three"])
      await cast.write(ann, bo, text);
  }

  it("can withhold one, and nothing else is lost with it", async () => {
    await writeThree();
    const [first, second, third] = take(bo) as [Message, Message, Message];
    show([first, third]);
    expect(await cast.read(bo)).toEqual(["the first of three", "the third of three"]);
    show([second]);
    expect(await cast.read(bo)).toEqual(["the second of three"]);
    cast.expectTruth();
  });

  it("can withhold a founding: what follows it waits sealed, and is read when the founding comes", async () => {
    await writeThree();
    const [founding, ...others] = take(bo);
    show(others);
    expect(await cast.read(bo)).toEqual([]);
    await cast.restart(bo);
    show(founding === undefined ? [] : [founding]);
    expect((await cast.read(bo)).sort()).toEqual([
      "the first of three",
      "the second of three",
      "the third of three",
    ]);
    cast.expectTruth();
  });

  it("can show them in any order", async () => {
    await writeThree();
    await cast.write(cy, bo, "from Cy, in between");
    show(take(bo).reverse());
    expect((await cast.read(bo)).length).toBe(4);
    cast.expectTruth();
  });

  it("can show one again under its own id or another, at once, later and after a restart: it is read once", async () => {
    await writeThree();
    const messages = take(bo);
    const doubled = messages.flatMap((message) => [message, message, { ...message, id: message.id + 1000 }]);
    show(doubled);
    expect((await cast.read(bo)).length).toBe(3);
    for (const days of [0, 1, 7, 14]) {
      cast.relay.now += days * DAY;
      const heldUntil = cast.relay.now + DAY;
      show(messages.map((message) => ({ ...message, id: message.id + 2000, heldUntil })));
      await cast.restart(bo);
      expect(await cast.read(bo)).toEqual([]);
    }
    cast.expectTruth();
  });

  it("can give all of them one id, and takes none away with that", async () => {
    await writeThree();
    show(take(bo).map((message) => ({ ...message, id: 1 })));
    expect((await cast.read(bo)).length).toBe(3);
    cast.expectTruth();
  });

  it("can put one into another's mailbox: nobody there reads it, and its own recipient still can", async () => {
    await cast.write(ann, bo, "for Bo and no other");
    await cast.write(ann, cy, "for Cy and no other");
    const [forBo, forCy] = [take(bo), take(cy)];
    show(forBo);
    expect(await cast.read(cy)).toEqual([]);
    show(forBo);
    expect(await cast.read(ann)).toEqual([]);
    show(forCy);
    expect(await cast.read(bo)).toEqual([]);
    show(forBo);
    expect(await cast.read(bo)).toEqual(["for Bo and no other"]);
    show(forCy);
    expect(await cast.read(cy)).toEqual(["for Cy and no other"]);
    cast.expectTruth();
  });

  it("can change one, cut it or swap the insides of two: none is read, and the true ones are when they come", async () => {
    await writeThree();
    await cast.write(cy, bo, "from Cy, sealed apart");
    const messages = take(bo);
    const template = { heldUntil: cast.relay.now + DAY, revocable: false };
    const bodies = messages.map(({ body }) => decodeBase64url(body) ?? new Uint8Array());
    const ways: ((body: Uint8Array) => Uint8Array[])[] = [
      ...[0, 1, 20, 1200, 2047].map((at) => (body: Uint8Array) => [body.with(at, (body[at] ?? 0) ^ 0x80)]),
      (body) => [body.slice(0, 1024), body.slice(0, 17), new Uint8Array()],
      (body) => [joined(body, new Uint8Array(2048))],
      (body) =>
        bodies.filter((other) => other !== body).map((other) => joined(body.slice(0, 17), other.slice(17))),
    ];
    for (const way of ways) {
      // Foundings that fail are counted by the hour: see flood.test.ts.
      cast.relay.now += HOUR;
      show(bodies.flatMap(way).map((body, id) => ({ ...template, id, body: encodeBase64url(body) })));
      expect(await cast.read(bo)).toEqual([]);
    }
    cast.relay.now += HOUR;
    show(messages);
    expect((await cast.read(bo)).length).toBe(4);
    cast.expectTruth();
  });

  it("learns from a device's requests nothing of whether an envelope was read, known, damaged or foreign", async () => {
    await writeThree();
    const [first, second, third] = take(bo) as [Message, Message, Message];
    await cast.write(ann, cy, "not a text for Bo");
    const [foreign] = take(cy) as [Message];
    show([first]);
    await cast.read(bo);
    const damaged = encodeBase64url((decodeBase64url(third.body) ?? new Uint8Array()).with(2000, 7));
    const { exchanges } = cast.relay.traffic;
    const requests: string[] = [];
    for (const { body } of [second, first, { body: damaged }, foreign]) {
      const from = exchanges.length;
      show([{ ...first, id: 5, body }]);
      await cast.read(bo);
      requests.push(
        JSON.stringify(exchanges.slice(from).map(({ method, path, body }) => [method, path, String(body)])),
      );
    }
    expect(requests[0]).toContain("DELETE");
    expect(new Set(requests).size).toBe(1);
    cast.expectTruth();
  });

  it("can seal to a key that it was given, and speaks as nobody else with it", async () => {
    const { relay } = cast;
    const [address, annAddress] = [parseAddress(bo.address), parseAddress(ann.address)];
    const key = oneTimeKeyFromJson(relay.mailboxes.claim(bo.address));
    if (address === undefined || annAddress === undefined || key === undefined) throw new Error("no key");
    const own = await actor();
    const forged = await forgeFounding(own, { identity: { address } }, key, {
      claims: { founder: annAddress },
    });
    await cast.write(ann, bo, "from Ann herself");
    const [honest] = take(bo) as [Message];
    const resealed = decodeBase64url(honest.body) ?? new Uint8Array();
    resealed.set(forged.slice(0, 1351));
    show([forged, resealed].map((body, id) => ({ ...honest, id: id + 50, body: encodeBase64url(body) })));
    expect(await cast.read(bo)).toEqual([]);
    show([honest]);
    expect(await cast.read(bo)).toEqual(["from Ann herself"]);
    cast.expectTruth();
  });

  it("writes as itself and as nobody else", async () => {
    const own = await cast.join();
    await own.device.add(bo.device.card());
    await cast.write(own, bo, "from the relay, and says so");
    await cast.write(ann, bo, "from Ann herself");
    expect(await cast.read(bo)).toEqual(["from the relay, and says so", "from Ann herself"]);
    cast.expectTruth();
  });
});

function joined(one: Uint8Array, two: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + two.length);
  whole.set(one);
  whole.set(two, one.length);
  return whole;
}
