import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { readMailboxes } from "../../src/local/storage.ts";
import { encodeBase64url } from "../../src/protocol/base64url.ts";
import { CLOSE } from "../../src/protocol/close.ts";
import { depositItemSize, encodeDeposits } from "../../src/protocol/deposit-frames.ts";
import { decodeRelayFrame, encodeAcknowledge } from "../../src/protocol/frames.ts";
import { MAX_UNANSWERED_BYTES, MAX_UNANSWERED_DEPOSITS } from "../../src/protocol/limits.ts";
import { introductionTo } from "./introduction.ts";
import { upgradeAt } from "./plain-http.ts";
import { itemTo, RawDeposits } from "./raw-deposits.ts";
import { anyEnvelope, deposit, RawDevice, type RawSocket } from "./raw-device.ts";
import { refusals } from "./refusals.ts";
import { useRelay } from "./relay.ts";

/** Acknowledges what it is shown, and keeps it. */
async function takeAll(socket: RawSocket, count: number): Promise<Uint8Array[]> {
  const bodies: Uint8Array[] = [];
  while (bodies.length < count) {
    const frame = decodeRelayFrame(await socket.next());
    if (frame?.kind !== "message") continue;
    bodies.push(frame.body);
    socket.send(encodeAcknowledge([frame.id]));
  }
  return bodies;
}

async function connected(device: RawDevice): Promise<RawSocket> {
  const socket = await device.connect();
  while (decodeRelayFrame(await socket.next())?.kind !== "caught-up");
  return socket;
}

describe("the deposit socket of a real relay", () => {
  const relay = useRelay();
  const { stored, refused } = refusals(relay);
  const consenting = (...purposes: Parameters<RawDevice["consent"]>) =>
    RawDevice.consenting(relay().origin, ...purposes);
  let ann: RawDevice;

  beforeAll(async () => {
    ann = await consenting();
  });

  it("takes one frame to many mailboxes: live, away, closed, found by number; now or never, to be taken back", async () => {
    const [live, away, left, found] = await Promise.all([
      consenting(),
      consenting(),
      consenting(),
      consenting("discovery"),
    ]);
    await left.signed("DELETE", "/v1/consents/current");
    const socket = await connected(live);
    const taken = takeAll(socket, 3);
    const key = randomBytes(16);
    const items = [
      itemTo(live, 0),
      itemTo(away, 1),
      itemTo(left, 2),
      itemTo(live, 3, { ttlSeconds: 0 }),
      itemTo(away, 4, { ttlSeconds: 0 }),
      itemTo(found, 5, { bearer: introductionTo(found.address).token }),
      itemTo(away, 6, { key }),
      itemTo(live, 7),
      itemTo(away, 8, { envelope: new Uint8Array(2048) }),
    ];
    const sender = await RawDeposits.open(relay().origin);
    expect(await sender.exchange(...items)).toEqual({
      ...{ 0: "delivered", 1: "held", 2: "not-authorized", 3: "delivered", 4: "expired", 5: "held" },
      ...{ 6: "held", 7: "delivered", 8: "not-sealed" },
    });
    const shown = (await taken).map((body) => Buffer.from(body).toString("hex"));
    expect(shown).toEqual([0, 3, 7].map((i) => Buffer.from(items[i]?.envelope ?? []).toString("hex")));
    const revoked = await deposit(away, new Uint8Array(), { key: encodeBase64url(key), method: "DELETE" });
    expect(revoked.status).toBe(200);
    expect(await sender.exchange(itemTo(away, 9, { key }))).toEqual({ 9: "revoked" });
    sender.close();
    socket.close();
  });

  it("keeps the order of a frame in each mailbox", async () => {
    const bo = await consenting();
    const sender = await RawDeposits.open(relay().origin);
    const items = Array.from({ length: 60 }, (_, i) => itemTo(i % 3 === 0 ? ann : bo, i));
    await sender.exchange(...items);
    const socket = await bo.connect();
    const sent = items.filter(({ address }) => address === bo.address).map(({ envelope }) => envelope);
    expect(
      (await takeAll(socket, sent.length)).map((body) => Buffer.compare(body, sent.shift() ?? body)),
    ).toEqual(Array.from({ length: 40 }, () => 0));
    sender.close();
    socket.close();
  });

  it("takes a frame as large as may be unanswered, and not one octet more", async () => {
    const bo = await consenting();
    const items = Array.from({ length: 15 }, (_, i) => itemTo(bo, i, { envelope: anyEnvelope(65_536) }));
    const left = MAX_UNANSWERED_BYTES - items.reduce((sum, item) => sum + depositItemSize(item), 0);
    const filling = (octets: number) => {
      const rest = itemTo(bo, 99);
      return { ...rest, envelope: new Uint8Array(octets - depositItemSize(rest) + rest.envelope.length) };
    };
    const sender = await RawDeposits.open(relay().origin);
    const told = await sender.exchange(...items, filling(left));
    expect(Object.values(told)).toEqual([...items.map(() => "held"), "not-sealed"]);
    sender.sendItems(...items.map((item, i) => ({ ...item, number: 100 + i })), {
      ...filling(left + 1),
      number: 200,
    });
    expect((await sender.closed).code).toBe(CLOSE.overrun.code);
    const { messages } = (await (await bo.signed("GET", "/v1/mailbox")).json()) as { messages: number };
    expect(messages).toBe(15);
  });

  it("is closed on who leaves too many unanswered; those it took are held", async () => {
    const bo = await consenting();
    const sender = await RawDeposits.open(relay().origin);
    const items = Array.from({ length: MAX_UNANSWERED_DEPOSITS + 1 }, (_, i) => itemTo(bo, i));
    sender.sendItems(...items);
    expect((await sender.closed).code).toBe(CLOSE.overrun.code);
    const { messages } = (await (await bo.signed("GET", "/v1/mailbox")).json()) as { messages: number };
    expect(messages).toBe(0);
  });

  it.each([
    ["empty", () => new Uint8Array()],
    ["of an unknown kind", () => Uint8Array.of(0x7f, 1, 2, 3)],
    ["a device's", () => encodeAcknowledge([1])],
    ["the relay's own", () => Uint8Array.of(0x01, 0, 0, 0, 0, 0, 0, 0, 1, 1)],
    ["cut short", () => encodeDeposits([itemTo(ann, 1), itemTo(ann, 2)]).slice(0, -1)],
    ["of numbers that do not grow", () => encodeDeposits([itemTo(ann, 2), itemTo(ann, 1)])],
    ["a megabyte of noise", () => new Uint8Array(1_000_000).fill(7)],
  ] as const)("is closed by a frame that is %s, and nothing of it is held", async (_, frame) => {
    const before = await stored();
    const sender = await RawDeposits.open(relay().origin);
    sender.send(frame());
    expect((await sender.closed).code).toBe(CLOSE.malformedFrame.code);
    expect(await stored()).toEqual(before);
  });

  it("is closed by text, and not opened without its subprotocol or an upgrade", async () => {
    const before = await stored();
    const sender = await RawDeposits.open(relay().origin);
    sender.socket.send("ping");
    expect((await sender.closed).code).toBe(CLOSE.malformedFrame.code);
    const url = `${relay().origin}/v1/deposits`;
    await refused("upgrade-required", () => upgradeAt(url, "restante.v1"));
    await refused("upgrade-required", () => fetch(url));
    expect(await stored()).toEqual(before);
  });

  it("loses nothing when it is lost: what is sent again is there, and what was answered stays", async () => {
    const bo = await consenting();
    const first = await RawDeposits.open(relay().origin);
    const items = Array.from({ length: 30 }, (_, i) => itemTo(bo, i, { key: randomBytes(16) }));
    first.sendItems(...items);
    first.close();
    const second = await RawDeposits.open(relay().origin);
    const told = await second.exchange(...items);
    expect(new Set(Object.values(told))).toEqual(new Set(["held"]));
    const mailboxes = await readMailboxes(relay().state);
    const keys = mailboxes
      .flatMap(({ revocable_deposit = [] }) => revocable_deposit)
      .map((row) => Buffer.from(row.key as Uint8Array).toString("hex"));
    for (const { key } of items)
      expect(keys.filter((one) => one === Buffer.from(key ?? []).toString("hex"))).toHaveLength(1);
    second.close();
  });

  it("leaves neither address nor token in the relay's log", async () => {
    const sender = await RawDeposits.open(relay().origin);
    await sender.exchange(
      itemTo(ann, 0),
      itemTo(ann, 1, { bearer: "forged" }),
      itemTo(ann, 2, { address: "x" }),
    );
    sender.close();
    const log = relay().lines.join("\n");
    expect([log.includes(ann.address), log.includes(ann.deliveryToken)]).toEqual([false, false]);
  });
});
