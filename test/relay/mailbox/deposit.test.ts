import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  MAX_CLAIMS_A_DAY,
  MAX_HELD_BYTES,
  MAX_HELD_MESSAGES,
  MAX_PULL_BYTES,
  MAX_TTL_SECONDS,
} from "../../../src/protocol/limits.ts";
import { currentNotice } from "../../../src/relay/consent/notice.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { envelope, numberOf, openMailbox, rows, type Stub } from "./stage.ts";
import { rowsWritten } from "./statements.ts";

const LARGEST = 65536;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function pull(stub: Stub, limit = 100) {
  const pulled = await stub.messages(limit);
  if (pulled.outcome !== "messages") throw new Error(pulled.outcome);
  return pulled;
}

describe("an open mailbox whose device is away", () => {
  it("holds what is deposited, for as long as asked", async () => {
    const { stub, epoch } = await openMailbox();
    const body = envelope(1);
    const heldUntil = Date.now() + 60_000;
    expect(await stub.deposit(epoch, body, 60)).toEqual({ outcome: "held", heldUntil });
    const { messages, more } = await pull(stub);
    expect(messages).toEqual([{ id: expect.any(Number), body, heldUntil, revocable: false }]);
    expect(more).toBe(false);
  });

  it("holds nothing longer than the longest TTL", async () => {
    const { stub, epoch } = await openMailbox();
    expect(await stub.deposit(epoch, envelope(1), 10 * MAX_TTL_SECONDS)).toEqual({
      outcome: "held",
      heldUntil: Date.now() + MAX_TTL_SECONDS * 1000,
    });
  });

  it("writes one row to hold a message and one to erase it", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(0), 60);
    expect(await rowsWritten(stub, () => stub.deposit(epoch, envelope(1), 60))).toBe(1);
    const [first] = await rows(stub, "message");
    expect(await rowsWritten(stub, () => stub.acknowledge([Number(first?.id)]))).toBe(1);
  });

  it("gathers the deposits that arrive together into few transactions", async () => {
    const { stub, epoch } = await openMailbox();
    const transaction = await runInDurableObject(stub, (_: Mailbox, { storage }) =>
      vi.spyOn(storage, "transactionSync"),
    );
    const together = Array.from({ length: 32 }, (_, number) => stub.deposit(epoch, envelope(number), 60));
    for (const { outcome } of await Promise.all(together)) expect(outcome).toBe("held");
    expect(transaction.mock.calls.length).toBeLessThan(16);
    transaction.mockRestore();
    expect((await pull(stub)).messages).toHaveLength(32);
  });

  it("shows TTL 0 to nobody and stores nothing of it", async () => {
    const { stub, epoch } = await openMailbox();
    expect(await stub.deposit(epoch, envelope(1), 0)).toEqual({ outcome: "expired" });
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("refuses a token of another epoch and writes nothing", async () => {
    const { stub, epoch } = await openMailbox();
    const foreign = epoch.map((octet) => octet ^ 1);
    expect(await stub.deposit(foreign, envelope(1), 60)).toEqual({ outcome: "not-authorized" });
    expect(await stub.deposit(foreign, envelope(1), 0)).toEqual({ outcome: "not-authorized" });
    expect(await rows(stub, "message")).toEqual([]);
  });

  it("hands out the oldest first, and says when there is more", async () => {
    const { stub, epoch } = await openMailbox();
    for (const number of [1, 2, 3]) await stub.deposit(epoch, envelope(number), 60);
    const { messages, more } = await pull(stub, 2);
    expect(messages.map(({ body }) => numberOf(body))).toEqual([1, 2]);
    expect(more).toBe(true);
  });

  it("bounds a pull by octets too", async () => {
    const { stub, epoch } = await openMailbox();
    const fitting = MAX_PULL_BYTES / LARGEST;
    for (let number = 0; number <= fitting; number++)
      await stub.deposit(epoch, envelope(number, LARGEST), 60);
    expect(await pull(stub)).toMatchObject({ messages: { length: fitting }, more: true });
  });

  it("gives ids that grow, within one millisecond and across an eviction", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    await stub.deposit(epoch, envelope(2), 60);
    await evictDurableObject(stub);
    await stub.deposit(epoch, envelope(3), 60);
    const { messages } = await pull(stub);
    expect(messages.map(({ body }) => numberOf(body))).toEqual([1, 2, 3]);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
  });

  it("tells its owner how much it holds, and since when", async () => {
    const { stub, epoch } = await openMailbox();
    const empty = {
      outcome: "status",
      messages: 0,
      bytes: 0,
      oldest: null,
      oneTimeKeys: 0,
      nonce: 1,
      noticeVersion: currentNotice(env).version,
      routeClaim: null,
    };
    const claims = { today: 0, limit: MAX_CLAIMS_A_DAY, reachedAt: null };
    expect(await stub.status()).toEqual({ ...empty, lastResortKey: false, claims });
    const came = Date.now();
    await stub.deposit(epoch, envelope(1), 60);
    vi.advanceTimersByTime(1000);
    await stub.deposit(epoch, envelope(2, 4096), 60);
    expect(await stub.status()).toMatchObject({ messages: 2, bytes: 6144, oldest: came });
  });
});

describe("an acknowledgement", () => {
  it("erases each message once and says which", async () => {
    const { stub, epoch } = await openMailbox();
    for (const number of [1, 2, 3]) await stub.deposit(epoch, envelope(number), 60);
    const [first = 0, second = 0, third = 0] = (await pull(stub)).messages.map(({ id }) => id);
    expect(await stub.acknowledge([third, first, first, 7])).toEqual({
      outcome: "acknowledged",
      erased: [third, first],
    });
    expect(await stub.acknowledge([first, third])).toEqual({ outcome: "acknowledged", erased: [] });
    expect((await rows(stub, "message")).map(({ id }) => id)).toEqual([second]);
  });

  it("finds nothing of what is due, though the alarm is late", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(1), 60);
    const [message] = (await pull(stub)).messages;
    vi.advanceTimersByTime(60_000);
    expect((await pull(stub)).messages).toEqual([]);
    expect(await stub.status()).toMatchObject({ messages: 0, bytes: 0, oldest: null });
    expect(await stub.acknowledge([message?.id ?? 0])).toEqual({ outcome: "acknowledged", erased: [] });
    expect(await rows(stub, "message")).toHaveLength(1);
  });
});

describe("a full mailbox", () => {
  async function fill(): Promise<{ stub: Stub; epoch: Uint8Array }> {
    const { stub, epoch } = await openMailbox();
    const fitting = MAX_HELD_BYTES / LARGEST;
    await Promise.all(
      Array.from({ length: fitting }, (_, number) => stub.deposit(epoch, envelope(number, LARGEST), 60)),
    );
    return { stub, epoch };
  }

  it("refuses, says so, and trims nothing", async () => {
    const { stub, epoch } = await fill();
    expect(await stub.deposit(epoch, envelope(99), 60)).toEqual({ outcome: "full" });
    expect(await stub.status()).toMatchObject({ messages: 64, bytes: MAX_HELD_BYTES });
  });

  it("is full by count, too, and counts right after an eviction", async () => {
    const { stub, epoch } = await openMailbox();
    const all = Array.from({ length: MAX_HELD_MESSAGES }, (_, number) =>
      stub.deposit(epoch, envelope(number), 60),
    );
    for (const { outcome } of await Promise.all(all)) expect(outcome).toBe("held");
    expect(await stub.deposit(epoch, envelope(1000), 60)).toEqual({ outcome: "full" });
    const [oldest] = await rows(stub, "message");
    await evictDurableObject(stub);
    await stub.acknowledge([Number(oldest?.id)]);
    expect(await stub.status()).toMatchObject({ messages: MAX_HELD_MESSAGES - 1 });
    expect(await stub.deposit(epoch, envelope(1001), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(epoch, envelope(1002), 60)).toEqual({ outcome: "full" });
  });

  it("stays full across an eviction", async () => {
    const { stub, epoch } = await fill();
    await evictDurableObject(stub);
    expect(await stub.deposit(epoch, envelope(99), 60)).toEqual({ outcome: "full" });
  });

  it("has room again for what was acknowledged", async () => {
    const { stub, epoch } = await fill();
    const [oldest] = (await pull(stub, 1)).messages;
    await stub.acknowledge([oldest?.id ?? 0]);
    expect(await stub.deposit(epoch, envelope(99, LARGEST), 60)).toMatchObject({ outcome: "held" });
    expect(await stub.deposit(epoch, envelope(99), 60)).toEqual({ outcome: "full" });
  });

  it("has room again for what is due, though the alarm is late", async () => {
    const { stub, epoch } = await fill();
    vi.advanceTimersByTime(60_000);
    expect(await stub.deposit(epoch, envelope(99), 60)).toMatchObject({ outcome: "held" });
  });
});
