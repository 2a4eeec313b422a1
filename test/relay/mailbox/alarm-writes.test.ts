import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY } from "../../../src/protocol/limits.ts";
import { lapsesAt } from "../../../src/relay/mailbox/lapse.ts";
import type { Mailbox } from "../../../src/relay/mailbox/mailbox.ts";
import { envelope, openMailbox, rows, type Stage } from "./stage.ts";

const WEEK = 604_800;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A mailbox whose alarms come as they are set, one after the other, and are counted. */
async function counting() {
  const { stub, epoch }: Stage = await openMailbox();
  const lapse = lapsesAt(Math.floor(Date.now() / DAY));
  const set = await runInDurableObject(stub, (_: Mailbox, { storage }) => vi.spyOn(storage, "setAlarm"));
  const next = () => Number(set.mock.lastCall?.[0] ?? lapse);
  const letTimePassTo = async (time: number) => {
    for (let at = next(); at <= time && at < lapse; at = next()) {
      vi.setSystemTime(Math.max(at, Date.now()));
      await runInDurableObject(stub, (mailbox: Mailbox) => mailbox.alarm());
      expect(next()).toBeGreaterThan(at);
    }
    vi.setSystemTime(time);
  };
  const leave = async (number: number, ttl: number) => {
    expect(await stub.deposit(epoch, envelope(number), ttl)).toMatchObject({ outcome: "held" });
  };
  /** The device comes by for a moment, and takes so many of what is there. */
  const take = async (limit: number) => {
    const pulled = await stub.messages(limit);
    const ids = pulled.outcome === "messages" ? pulled.messages.map(({ id }) => id) : [];
    await stub.acknowledge(ids);
    return ids.length;
  };
  return {
    ...{ letTimePassTo, leave, take },
    /** How often it was set, when all is over. */
    end: async () => {
      await letTimePassTo(Date.now() + 8 * DAY);
      expect(await rows(stub, "message")).toEqual([]);
      expect(next()).toBeGreaterThanOrEqual(lapse);
      const times = set.mock.calls.length;
      set.mockRestore();
      return times;
    },
  };
}

describe("the alarm is set", () => {
  it("less than once in twenty messages that are held, drained or not, where one comes every four seconds", {
    timeout: 60_000,
  }, async () => {
    const messages = 1000;
    // Most senders leave a text its week, some want it gone in minutes.
    const ttls = [WEEK, WEEK, 86_400, 3600, 300];
    const { letTimePassTo, leave, take, end } = await counting();
    let taken = 0;
    for (let i = 0; i < messages; i++) {
      await letTimePassTo(Date.now() + 4000);
      await leave(i, ttls[i % ttls.length] ?? 0);
      if (i % 100 === 99) taken += await take(50);
    }
    expect(taken).toBeGreaterThan(messages / 4);
    expect((await end()) / messages).toBeLessThan(0.05);
  });

  it("twice a week where one comes a day, is left its week and taken soon", async () => {
    const weeks = 4;
    const { letTimePassTo, leave, take, end } = await counting();
    for (let day = 0; day < 7 * weeks; day++) {
      await letTimePassTo(Date.now() + DAY);
      await leave(day, WEEK);
      expect(await take(50)).toBe(1);
    }
    expect((await end()) / weeks).toBeCloseTo(2, 0);
  });
});
