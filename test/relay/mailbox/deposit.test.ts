import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_HELD_BYTES, MAX_HELD_MESSAGES, MAX_TTL_SECONDS } from "../../../src/protocol/limits.ts";
import { envelope, inStorage, numberOf, openMailbox, rows, rowsWritten } from "./stage.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("an open mailbox", () => {
  it("holds what is deposited while nobody is connected", async () => {
    const { stub, epoch } = await openMailbox();
    const body = envelope(1);
    expect(await stub.deposit(epoch, body, 60)).toEqual({ outcome: "held", heldUntil: Date.now() + 60_000 });
    const pulled = await stub.messages(10);
    expect(pulled).toMatchObject({ outcome: "messages", more: false });
    if (pulled.outcome !== "messages") throw new Error(pulled.outcome);
    expect(pulled.messages).toEqual([
      { id: expect.any(Number), body, heldUntil: Date.now() + 60_000, revocable: false },
    ]);
  });

  it("writes one row to hold a message and one to erase it", async () => {
    const { stub, epoch } = await openMailbox();
    await stub.deposit(epoch, envelope(0), 60);
    expect(await rowsWritten(stub, () => stub.deposit(epoch, envelope(1), 60))).toBe(1);
    const [first] = await rows(stub, "message");
    expect(await rowsWritten(stub, () => stub.acknowledge([Number(first?.id)]))).toBe(1);
  });
});
