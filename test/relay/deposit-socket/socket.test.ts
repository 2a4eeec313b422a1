import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { encodeBase64url } from "../../../src/protocol/base64url.ts";
import { CLOSE } from "../../../src/protocol/close.ts";
import { encodeDeposits, type NumberedDeposit } from "../../../src/protocol/deposit-frames.ts";
import {
  MAX_SOCKET_DEPOSITS,
  MAX_UNANSWERED_BYTES,
  MAX_UNANSWERED_DEPOSITS,
} from "../../../src/protocol/limits.ts";
import { pathOf, ROUTES } from "../../../src/protocol/routes.ts";
import { app } from "../../../src/relay/app.ts";
import type { MailboxCalls } from "../../../src/relay/mailbox/calls.ts";
import { introduce, two } from "../edge/introducing.ts";
import { envelope, fetchRelay, refusal, SigningDevice, senderRequest } from "../edge/signing-device.ts";
import { item, SocketSender, upgradeRequest } from "./sender.ts";

const random = (size: number) => crypto.getRandomValues(new Uint8Array(size));
const forged = () => encodeBase64url(Uint8Array.of(1, ...random(48)));

async function recipient() {
  const device = new SigningDevice();
  const { deliveryToken: bearer } = await device.optIn();
  return { device, address: device.address, bearer };
}

const counts = async (device: SigningDevice) =>
  (await device.read(ROUTES.mailbox)).json<{ messages: number; bytes: number }>();

const open: SocketSender[] = [];
async function sender(bindings?: Env): Promise<SocketSender> {
  const socket = await SocketSender.open(bindings);
  open.push(socket);
  return socket;
}
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
  vi.restoreAllMocks();
});

describe("the deposit socket", () => {
  it("is opened by an upgrade to its protocol and nothing else, and wakes nothing", async () => {
    const before = await listDurableObjectIds(env.MAILBOX);
    const plain = upgradeRequest();
    plain.headers.delete("upgrade");
    const other = upgradeRequest({ "sec-websocket-protocol": "restante.v1" });
    for (const request of [plain, other])
      expect(await refusal(fetchRelay(request))).toEqual([426, "upgrade-required"]);
    await sender();
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
  });

  it("takes many deposits a frame, for many mailboxes, and answers each by its number", async () => {
    const [ann, bo] = [await recipient(), await recipient()];
    const socket = await sender();
    const told = await socket.exchange(item(3, ann), item(4, bo), item(9, ann), item(12, bo), item(20, bo));
    expect(told).toEqual({ 3: "held", 4: "held", 9: "held", 12: "held", 20: "held" });
    expect(await counts(ann.device)).toMatchObject({ messages: 2 });
    expect(await counts(bo.device)).toMatchObject({ messages: 3 });
  });

  it("hands a mailbox all of a frame in one call, in their order", async () => {
    const ann = await recipient();
    const get = env.MAILBOX.get.bind(env.MAILBOX);
    const calls: number[] = [];
    vi.spyOn(env.MAILBOX, "get").mockImplementation((id, options) => {
      const stub = get(id, options) as unknown as MailboxCalls;
      const depositMany: MailboxCalls["depositMany"] = (items) => {
        calls.push(items.length);
        return stub.depositMany(items);
      };
      return { depositMany } as never;
    });
    const bodies = [envelope(), envelope(), envelope()];
    const socket = await sender();
    await socket.exchange(...bodies.map((body, i) => item(i, { ...ann, envelope: body })));
    expect(calls).toEqual([3]);
    vi.restoreAllMocks();
    const { messages } = await (await ann.device.read(ROUTES.messages)).json<{
      messages: { body: string }[];
    }>();
    expect(messages.map(({ body }) => body)).toEqual(bodies.map(encodeBase64url));
  });

  it("says until when each is held, and grants no longer than over HTTP", async () => {
    const ann = await recipient();
    const socket = await sender();
    const start = Date.now();
    socket.send(item(1, { ...ann, ttlSeconds: 60 }), item(2, { ...ann, ttlSeconds: 2 ** 31 - 1 }));
    const [minute, week] = (await socket.frame()).map(({ result }) =>
      "state" in result ? (result.heldUntil ?? 0) - start : 0,
    );
    expect([Math.floor((minute ?? 0) / 10_000), Math.floor((week ?? 0) / 10_000)]).toEqual([6, 60_480]);
  });

  it("answers what is wrong with an item as HTTP would, and takes the others", async () => {
    const ann = await recipient();
    const gone = await recipient();
    await gone.device.withdraw();
    const to = (change: Partial<NumberedDeposit>) => ({ ...ann, ...change });
    const faults: [change: Partial<NumberedDeposit>, http: Parameters<typeof senderRequest>][] = [
      [to({ address: "x" }), ["x", ann.bearer]],
      [to({ bearer: "" }), [ann.address, null]],
      [to({ bearer: "no.token" }), [ann.address, "no.token"]],
      [to({ bearer: forged() }), [ann.address, forged()]],
      [gone, [gone.address, gone.bearer]],
      [to({ bearer: gone.bearer }), [ann.address, gone.bearer]],
      [to({ ttlSeconds: 2 ** 31 }), [ann.address, ann.bearer, { headers: { ttl: String(2 ** 31) } }]],
      [to({ envelope: envelope(2047) }), [ann.address, ann.bearer, { body: envelope(2047) }]],
      [to({ envelope: new Uint8Array() }), [ann.address, ann.bearer, { body: null }]],
      [to({ envelope: envelope(65_537) }), [ann.address, ann.bearer, { body: envelope(65_537) }]],
    ];
    const socket = await sender();
    const items = faults.map(([change], i) => item(2 * i, { ...ann, ...change }));
    const good = faults.map((_, i) => item(2 * i + 1, ann));
    socket.send(...[...items, ...good].sort((a, b) => a.number - b.number));
    const frames = [];
    while (frames.flat().length < 2 * faults.length) frames.push(await socket.frame());
    const told = new Map(frames.flat().map(({ number, result }) => [number, result]));
    for (const [i, [, request]] of faults.entries()) {
      const answer = await fetchRelay(senderRequest(...request));
      const retryAfter = answer.headers.get("retry-after");
      expect(told.get(2 * i), `fault ${i}`).toEqual({
        status: answer.status,
        code: (await answer.json<{ code: string }>()).code,
        ...(retryAfter === null ? {} : { retryAfterSeconds: Number(retryAfter) }),
      });
      expect(told.get(2 * i + 1)).toMatchObject({ state: "held" });
    }
    expect(await counts(ann.device)).toMatchObject({ messages: faults.length });
  });

  it("wakes no mailbox by a forged token", async () => {
    const { address } = new SigningDevice();
    const before = await listDurableObjectIds(env.MAILBOX);
    const socket = await sender();
    const told = await socket.exchange(
      item(1, { address, bearer: forged() }),
      item(2, { address, bearer: "" }),
    );
    expect(told).toEqual({ 1: "not-authorized", 2: "not-authorized" });
    expect(await listDurableObjectIds(env.MAILBOX)).toHaveLength(before.length);
  });

  it("takes revocable deposits, which HTTP then knows", async () => {
    const ann = await recipient();
    const key = random(16);
    const socket = await sender();
    const body = envelope();
    const same = () => ({ ...ann, key, envelope: body });
    expect(await socket.exchange(item(1, same()), item(2, same()))).toEqual({ 1: "held", 2: "held" });
    expect(await counts(ann.device)).toMatchObject({ messages: 1 });
    const path = pathOf(ROUTES.revocableDeposit, { address: ann.address, key: encodeBase64url(key) });
    const call = { path, method: "DELETE", body: null };
    expect((await fetchRelay(senderRequest(ann.address, ann.bearer, call))).status).toBe(200);
    expect(await socket.exchange(item(3, same()))).toEqual({ 3: "revoked" });
  });

  it("takes introductions, which open a permit and no more than HTTP lets them", async () => {
    const { stranger, found } = await two();
    const bearer = await introduce(stranger, found.address);
    const to = { address: found.address, bearer };
    const socket = await sender();
    const told = await socket.exchange(...Array.from({ length: 21 }, (_, i) => item(i, to)));
    expect(Object.values(told).filter((state) => state === "held")).toHaveLength(20);
    expect(told[20]).toBe("mailbox-full");
    expect(await socket.exchange(item(21, { ...to, ttlSeconds: 0 }))).toEqual({ 21: "expired" });
  });

  const malformed: Record<string, Uint8Array | string> = {
    "is no frame": Uint8Array.of(0x81),
    "is the relay's own": Uint8Array.of(0x01, 0, 0, 0, 0, 0, 0, 0, 1, 1),
    "is text": "ping",
    "is noise": new Uint8Array(1_000_000).fill(7),
  };

  it.each(Object.entries(malformed))(
    "is closed by what %s, and nothing of that is done",
    async (_, octets) => {
      const ann = await recipient();
      const socket = await sender();
      socket.sendOctets(octets);
      socket.send(item(1, ann));
      expect(await socket.closed).toEqual(CLOSE.malformedFrame);
      expect(await counts(ann.device)).toMatchObject({ messages: 0 });
    },
  );

  it("is closed by a frame whose last item is cut, and none of it is held", async () => {
    const ann = await recipient();
    const socket = await sender();
    socket.sendOctets(encodeDeposits([item(1, ann), item(2, ann)]).slice(0, -1));
    expect(await socket.closed).toEqual(CLOSE.malformedFrame);
    expect(await counts(ann.device)).toMatchObject({ messages: 0 });
  });

  it("is closed on whoever leaves more unanswered than may be, and says so", async () => {
    const ann = await recipient();
    const items = Array.from({ length: MAX_UNANSWERED_DEPOSITS + 1 }, (_, i) => item(i, ann));
    const socket = await sender();
    socket.send(...items.slice(0, 2));
    socket.send(...items.slice(2));
    expect(await socket.closed).toEqual(CLOSE.overrun);
    const { messages } = await counts(ann.device);
    expect(messages).toBeLessThanOrEqual(2);
  });

  const unread: Record<string, Uint8Array> = {
    "larger than may be unanswered": new Uint8Array(2 * MAX_UNANSWERED_BYTES).fill(7),
    "of more items than may be unanswered, whatever stands behind them": Uint8Array.from([
      ...encodeDeposits(
        Array.from({ length: MAX_UNANSWERED_DEPOSITS }, (_, number) => ({
          ...{ number, address: "", bearer: "", ttlSeconds: 0, envelope: new Uint8Array() },
        })),
      ),
      0xff,
    ]),
  };

  it.each(Object.entries(unread))(
    "is closed by a frame %s, which is not read to its end",
    async (_, frame) => {
      const socket = await sender();
      socket.sendOctets(frame);
      expect(await socket.closed).toEqual(CLOSE.overrun);
    },
  );

  it("counts each item for client and mailbox as a request, and answers what is too much by itself", async () => {
    const [ann, bo] = [await recipient(), await recipient()];
    const limiter = (limit: number) => {
      const counted = new Map<string, number>();
      const take = async ({ key }: { key: string }) => {
        counted.set(key, (counted.get(key) ?? 0) + 1);
        return { success: (counted.get(key) ?? 0) <= limit };
      };
      return { counted, binding: { limit: take } };
    };
    const [client, mailbox] = [limiter(9), limiter(2)];
    const socket = await sender({ ...env, CLIENT_RATE: client.binding, MAILBOX_RATE: mailbox.binding });
    const told = await socket.exchange(
      ...[
        item(1, ann),
        item(2, ann),
        item(3, ann),
        item(4, ann),
        item(5, bo),
        item(6, { ...bo, bearer: "" }),
      ],
    );
    // The fourth to the same mailbox is not even tried: it must not overtake the third.
    expect(told).toEqual({
      ...{ 1: "held", 2: "held", 3: "rate-limited", 4: "rate-limited", 5: "held", 6: "not-authorized" },
    });
    // The upgrade, and all items but the one that was not tried; each mailbox only what was proven.
    expect([...client.counted.values()]).toEqual([6]);
    expect([...mailbox.counted.values()].sort()).toEqual([1, 3]);
    expect(
      await socket.exchange(...[7, 8, 9, 10, 11].map((number) => item(number, { ...bo, bearer: "" }))),
    ).toEqual({
      ...{ 7: "not-authorized", 8: "not-authorized", 9: "not-authorized" },
      ...{ 10: "rate-limited", 11: "rate-limited" },
    });
    expect(await counts(ann.device)).toMatchObject({ messages: 2 });
  });

  it("does not let a mailbox that fails, or is slow, keep the others' answers", async () => {
    const [slow, failing, ann] = [await recipient(), await recipient(), await recipient()];
    let answerSlow: (outcomes: unknown) => void = () => undefined;
    const slowAnswer = new Promise((resolve) => {
      answerSlow = resolve;
    });
    const get = env.MAILBOX.get.bind(env.MAILBOX);
    const [slowId, failingId] = [slow, failing].map(({ address }) => env.MAILBOX.idFromName(address));
    const moved = Object.assign(new Error("moved"), { retryable: true });
    vi.spyOn(env.MAILBOX, "get").mockImplementation((id, options): never => {
      if (slowId?.equals(id)) return { depositMany: () => slowAnswer } as never;
      if (failingId?.equals(id)) return { depositMany: () => Promise.reject(moved) } as never;
      return get(id, options) as never;
    });
    const socket = await sender();
    socket.send(item(1, slow), item(2, failing), item(3, ann), item(4, slow));
    expect(await socket.answers(2)).toEqual({ 2: "unavailable", 3: "held" });
    expect(await socket.exchange(item(5, ann))).toEqual({ 5: "held" });
    answerSlow([{ outcome: "delivered" }, { outcome: "full" }]);
    expect(await socket.answers(2)).toEqual({ 1: "delivered", 4: "mailbox-full" });
  });

  it("logs nothing of what an item says when its mailbox fails for no known reason", async () => {
    const ann = await recipient();
    const logged: unknown[][] = [];
    vi.spyOn(console, "error").mockImplementation((...words) => logged.push(words));
    vi.spyOn(env.MAILBOX, "get").mockImplementation(
      () => ({ depositMany: () => Promise.reject(new TypeError(`${ann.address} ${ann.bearer}`)) }) as never,
    );
    const socket = await sender();
    expect(await socket.exchange(item(1, ann))).toEqual({ 1: "internal" });
    expect(logged).toEqual([["a request failed:", "TypeError"]]);
  });

  it("is closed when it took as many as it takes, all of them answered", async () => {
    const generous = { ...env, CLIENT_RATE: { limit: async () => ({ success: true }) } };
    const socket = await sender(generous);
    const nothing = { address: "x", bearer: "", envelope: new Uint8Array() };
    for (let at = 0; at < MAX_SOCKET_DEPOSITS; at += 250)
      await socket.exchange(...Array.from({ length: 250 }, (_, i) => item(at + i, nothing)));
    expect(await socket.closed).toEqual(CLOSE.usedUp);
  });

  it("is closed when nothing was said for long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const socket = await sender();
      vi.advanceTimersByTime(59_000);
      vi.advanceTimersByTime(2_000);
      expect(await socket.closed).toEqual(CLOSE.idle);
    } finally {
      vi.useRealTimers();
    }
  });

  it("counts for its client before it is opened", async () => {
    const spent = { ...env, CLIENT_RATE: { limit: async () => ({ success: false }) } };
    expect(await refusal(app.fetch(upgradeRequest(), spent))).toEqual([429, "rate-limited"]);
  });
});
